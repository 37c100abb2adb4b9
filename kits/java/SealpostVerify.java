import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.X509EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Verifies what Sealpost sends: Standard Webhooks, by a shared secret (v1) or the endpoint's public key (v1a). One file without
 * dependencies, for Java 17 and later.
 */
public final class SealpostVerify {
    /** Seconds that clocks may differ, and that a message may have been under way. */
    private static final long TOLERANCE = 300;
    /** In one header: more are noise. */
    private static final int MOST_SIGNATURES = 16;
    /** What stands before the 32 bytes of an Ed25519 public key in its DER form (RFC 8410). */
    private static final byte[] ED25519 = HexFormat.of().parseHex("302a300506032b6570032100");

    private SealpostVerify() {}

    /** Nobody with one of the keys sent this, or not now. Answer 400, and say no more. */
    public static final class Refused extends Exception {
        private static final long serialVersionUID = 1L;

        private Refused() {
            super("refused");
        }
    }

    private interface Key {
        boolean holds(String version, byte[] signed, String text) throws GeneralSecurityException;
    }

    /**
     * The id of the message.
     *
     * @param headers in any case
     * @param body the bytes as they came, before anybody parsed them
     * @param keys what the endpoint shows: {@code whsec_…} secrets, {@code whpk_…} public keys, more than one while a secret is
     *     being rotated
     * @param now Unix seconds
     * @throws IllegalArgumentException for a key that is none
     */
    public static String verify(Map<String, String> headers, byte[] body, Collection<String> keys, long now) throws Refused {
        try {
            List<Key> opened = new ArrayList<>();
            for (String key : keys) {
                opened.add(open(key));
            }
            String id = only(headers, "webhook-id");
            String at = only(headers, "webhook-timestamp");
            String signatures = only(headers, "webhook-signature");
            if (id.isEmpty() || !at.matches("[0-9]{1,12}") || Math.abs(now - Long.parseLong(at)) > TOLERANCE) {
                throw new Refused();
            }
            byte[] before = (id + "." + at + ".").getBytes(StandardCharsets.UTF_8);
            byte[] signed = new byte[before.length + body.length];
            System.arraycopy(before, 0, signed, 0, before.length);
            System.arraycopy(body, 0, signed, before.length, body.length);
            String[] all = signatures.split(" ");
            for (int i = 0; i < Math.min(all.length, MOST_SIGNATURES); i++) {
                int comma = all[i].indexOf(',');
                for (Key key : opened) {
                    if (comma > 0 && key.holds(all[i].substring(0, comma), signed, all[i].substring(comma + 1))) {
                        return id;
                    }
                }
            }
            throw new Refused();
        } catch (GeneralSecurityException missing) {
            throw new IllegalStateException("this Java lacks HMAC-SHA256 or Ed25519", missing);
        }
    }

    private static String only(Map<String, String> headers, String name) throws Refused {
        String found = null;
        for (Map.Entry<String, String> one : headers.entrySet()) {
            if (name.equalsIgnoreCase(one.getKey())) {
                if (found != null) {
                    throw new Refused();
                }
                found = one.getValue();
            }
        }
        if (found == null) {
            throw new Refused();
        }
        return found;
    }

    private static Key open(String text) throws GeneralSecurityException {
        if (text.startsWith("whsec_")) {
            byte[] key = Base64.getDecoder().decode(text.substring(6));
            if (key.length < 24) {
                throw new IllegalArgumentException("the key is too short");
            }
            return (version, signed, given) -> {
                Mac mac = Mac.getInstance("HmacSHA256");
                mac.init(new SecretKeySpec(key, "HmacSHA256"));
                byte[] expected = Base64.getEncoder().encode(mac.doFinal(signed));
                return version.equals("v1") && MessageDigest.isEqual(expected, given.getBytes(StandardCharsets.UTF_8));
            };
        }
        if (text.startsWith("whpk_")) {
            byte[] key = Base64.getDecoder().decode(text.substring(5));
            if (key.length != 32) {
                throw new IllegalArgumentException("the key is too short");
            }
            byte[] der = new byte[ED25519.length + key.length];
            System.arraycopy(ED25519, 0, der, 0, ED25519.length);
            System.arraycopy(key, 0, der, ED25519.length, key.length);
            PublicKey pub = KeyFactory.getInstance("Ed25519").generatePublic(new X509EncodedKeySpec(der));
            return (version, signed, given) -> version.equals("v1a") && isBy(pub, signed, given);
        }
        throw new IllegalArgumentException("a key begins with whsec_ or whpk_");
    }

    private static boolean isBy(PublicKey key, byte[] signed, String text) throws GeneralSecurityException {
        byte[] given;
        try {
            given = Base64.getDecoder().decode(text);
        } catch (IllegalArgumentException none) {
            return false;
        }
        // Java forgives missing padding: only what it would write itself is base64.
        if (given.length != 64 || !Base64.getEncoder().encodeToString(given).equals(text)) {
            return false;
        }
        Signature signature = Signature.getInstance("Ed25519");
        signature.initVerify(key);
        signature.update(signed);
        try {
            return signature.verify(given);
        } catch (GeneralSecurityException none) {
            return false;
        }
    }

    /**
     * Ids that were dealt with. The same message comes again if it was answered by anything but 2xx, and a copy comes from whoever
     * recorded it: do each once. In memory; several processes want a unique column in their database instead.
     */
    public static final class Processed {
        private final Map<String, Boolean> ids;

        public Processed(int most) {
            ids = new LinkedHashMap<>() {
                private static final long serialVersionUID = 1L;

                @Override
                protected boolean removeEldestEntry(Map.Entry<String, Boolean> eldest) {
                    return size() > most;
                }
            };
        }

        /** Whether it is new. */
        public synchronized boolean add(String id) {
            return ids.putIfAbsent(id, true) == null;
        }
    }
}
