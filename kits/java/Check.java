import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.StringJoiner;

/** Answers the questions of {@code kits/README.md}. */
final class Check {
    public static void main(String[] none) throws Exception {
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            String[] parts = line.split("\t", -1);
            if (parts[0].equals("processed")) {
                SealpostVerify.Processed processed = new SealpostVerify.Processed(Integer.parseInt(parts[1]));
                StringJoiner words = new StringJoiner(" ");
                for (String id : Arrays.copyOfRange(parts, 2, parts.length)) {
                    words.add(processed.add(id) ? "new" : "old");
                }
                System.out.println(words);
                continue;
            }
            Map<String, String> headers = new LinkedHashMap<>();
            for (String one : Arrays.copyOfRange(parts, 3, parts.length)) {
                int at = one.indexOf('=');
                byte[] value = Base64.getDecoder().decode(one.substring(at + 1));
                headers.put(one.substring(0, at), new String(value, StandardCharsets.UTF_8));
            }
            byte[] body = Base64.getDecoder().decode(parts[2]);
            try {
                System.out.println(
                        SealpostVerify.verify(headers, body, Arrays.asList(parts[1].split(",")), Long.parseLong(parts[0])));
            } catch (SealpostVerify.Refused refused) {
                System.out.println("refused");
            }
        }
    }
}
