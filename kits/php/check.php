<?php
// Answers the questions of `kits/README.md`.

declare(strict_types=1);

require __DIR__ . '/sealpost_verify.php';

while (($line = fgets(STDIN)) !== false) {
    [$first, $second, $rest] = array_pad(explode("\t", rtrim($line, "\n"), 3), 3, '');
    $rest = explode("\t", $rest);
    if ($first === 'processed') {
        $processed = new Sealpost\Processed((int) $second);
        echo implode(' ', array_map(fn (string $id): string => $processed->add($id) ? 'new' : 'old', $rest)), "\n";
        continue;
    }
    $headers = [];
    foreach (array_slice($rest, 1) as $one) {
        [$name, $value] = explode('=', $one, 2);
        $headers[$name] = base64_decode($value);
    }
    try {
        echo Sealpost\verify($headers, base64_decode($rest[0]), explode(',', $second), (int) $first), "\n";
    } catch (Sealpost\Refused) {
        echo "refused\n";
    }
}
