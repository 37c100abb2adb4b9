<?php
// Verifies what Sealpost sends: Standard Webhooks, by a shared secret (v1) or the endpoint's public key (v1a).
// One file for PHP 8.1 and later; v1a takes the extension sodium, which PHP comes with.

declare(strict_types=1);

namespace Sealpost;

/** Seconds that clocks may differ, and that a message may have been under way. */
const TOLERANCE = 300;
/** In one header: more are noise. */
const MOST_SIGNATURES = 16;

/** Nobody with one of the keys sent this, or not now. Answer 400, and say no more. */
final class Refused extends \RuntimeException
{
}

/**
 * The id of the message.
 *
 * @param array<string, string> $headers in any case, as `getallheaders()` gives them
 * @param string $body the bytes as they came: `file_get_contents('php://input')`
 * @param list<string> $keys what the endpoint shows: `whsec_…` secrets, `whpk_…` public keys, more than one while a secret is being rotated
 * @throws Refused
 * @throws \InvalidArgumentException for a key that is none
 */
function verify(array $headers, string $body, array $keys, ?int $now = null): string
{
    $opened = array_map(__NAMESPACE__ . '\\open_key', $keys);
    $found = [];
    foreach ($headers as $name => $value) {
        $name = strtolower((string) $name);
        if (isset($found[$name])) {
            throw new Refused('refused');
        }
        $found[$name] = $value;
    }
    [$id, $at, $signatures] = array_map(
        fn (string $part): string => $found["webhook-$part"] ?? '',
        ['id', 'timestamp', 'signature'],
    );
    if ($id === '' || preg_match('/\A[0-9]{1,12}\z/', $at) !== 1 || abs(($now ?? time()) - (int) $at) > TOLERANCE) {
        throw new Refused('refused');
    }
    $signed = "$id.$at.$body";
    foreach (array_slice(explode(' ', $signatures), 0, MOST_SIGNATURES) as $signature) {
        [$version, $text] = explode(',', $signature, 2) + [1 => ''];
        foreach ($opened as [$kind, $key]) {
            if ($kind === $version && holds($kind, $key, $signed, $text)) {
                return $id;
            }
        }
    }
    throw new Refused('refused');
}

function holds(string $kind, string $key, string $signed, string $text): bool
{
    if ($kind === 'v1') {
        return hash_equals(base64_encode(hash_hmac('sha256', $signed, $key, true)), $text);
    }
    $signature = strict($text);
    return $signature !== null && strlen($signature) === SODIUM_CRYPTO_SIGN_BYTES
        && sodium_crypto_sign_verify_detached($signature, $signed, $key);
}

/** @return array{string, string} */
function open_key(string $text): array
{
    foreach (['whsec_' => 'v1', 'whpk_' => 'v1a'] as $prefix => $kind) {
        if (str_starts_with($text, $prefix)) {
            $key = strict(substr($text, strlen($prefix)));
            if ($key === null || strlen($key) < 24 || ($kind === 'v1a' && strlen($key) !== 32)) {
                throw new \InvalidArgumentException('the key is too short');
            }
            return [$kind, $key];
        }
    }
    throw new \InvalidArgumentException('a key begins with whsec_ or whpk_');
}

/** PHP forgives white space and missing padding: only what it would write itself is base64. */
function strict(string $text): ?string
{
    $bytes = base64_decode($text, true);
    return $bytes !== false && base64_encode($bytes) === $text ? $bytes : null;
}

/**
 * Ids that were dealt with. The same message comes again if it was answered by anything but 2xx, and a copy comes from whoever
 * recorded it: do each once. In memory, so for a worker that stays; with a process for each request keep ids in a unique column
 * of your database instead.
 */
final class Processed
{
    /** @var array<string, true> */
    private array $ids = [];

    public function __construct(private int $most = 100_000)
    {
    }

    /** Whether it is new. */
    public function add(string $id): bool
    {
        // PHP makes numbers of keys that look like some.
        $key = "#$id";
        if (isset($this->ids[$key])) {
            return false;
        }
        $this->ids[$key] = true;
        if (count($this->ids) > $this->most) {
            unset($this->ids[array_key_first($this->ids)]);
        }
        return true;
    }
}
