"""schemathesis asks everything the OpenAPI document allows, and much it doesn't."""

import pathlib
import re
import subprocess
import sys

from _house import FOLDER, House, Verdict

verdict = Verdict()
house = House()
house.event("otp.login", "sms", "otp", {"text": "{{ code }} is your code."})
(FOLDER / "schemathesis.toml").write_text("")
# `/u/{token}` is left out: its pages are HTML for people, and a token only an e-mail holds (see mail.py).
command = [
    pathlib.Path(sys.executable).with_name("schemathesis"), "--config-file", FOLDER / "schemathesis.toml",
    "run", f"{house.url}/v1/openapi.json", "--header", f"Authorization: Bearer {house.keys['test']}",
    "--tls-verify", str(house.tls / "ca.pem"), "--exclude-path", "/u/{token}",
    # One worker: CPython 3.11 parses in one thread at a time, and hypothesis does so while it draws (python/cpython#106905).
    "--phases", "examples,coverage,fuzzing", "--max-examples", "5", "--seed", "1", "--workers", "1",
    "--checks", "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,"
                "response_schema_conformance,negative_data_rejection,unsupported_method,ignored_auth",
    "--request-timeout", "60", "--no-color",
]
done = subprocess.run([str(part) for part in command], capture_output=True, text=True, cwd=FOLDER)
(FOLDER / "schemathesis.txt").write_text(done.stdout + done.stderr)
print(done.stdout[-6000:], done.stderr[-2000:])
tested = re.search(r"Operations:\s+(?:selected: )?(\d+)|Tested:\s+(\d+)", done.stdout)
verdict(done.returncode == 0, "schemathesis has nothing to say")
verdict("Server error" not in done.stdout, "nothing is answered 5xx")
verdict(tested is not None, "it asked something")
verdict.end()
