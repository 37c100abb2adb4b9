"""PyPI's `scim2-tester` asks a running server all that RFC 7643 and RFC 7644 have, as a directory would."""

import json

import httpx2
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_tester import Status, check_server

from _house import House, Verdict

verdict = Verdict()
house = House()
owner = house.sign_in()
made = owner.must("POST", "/v1/scim/tokens", {"name": "referee"})
http = httpx2.Client(base_url=f"{house.url}/scim/v2", verify=house.trust, timeout=90,
                    headers={"Authorization": f"Bearer {made['token']}"})
client = SyncSCIMClient(http)
results = check_server(client)
asked = 0
for result in results:
    asked += 1
    held = result.status not in (Status.ERROR, Status.CRITICAL)
    if not held or result.status == Status.SUCCESS:
        verdict(held, f"{result.title}: {str(result.reason)[:600]}" if not held else str(result.title))
verdict(asked > 30, f"the tester had {asked} things to say")


def ask(method, path, body=None, headers=None):
    answer = http.request(method, path, json=body, headers=headers)
    return answer.status_code, answer.json() if answer.content else {}


# What the tester doesn't know: how directories speak.
status, user = ask("POST", "/Users", {"userName": "kim@example.com", "externalId": "kim", "active": True,
                                      "emails": [{"primary": "True", "type": "work", "value": "kim@example.com"}]})
verdict(status == 201 and user["emails"][0]["primary"] is True, "Entra's user is made")
path = f"/Users/{user['id']}"
status, found = ask("GET", '/Users?aadOptscim062020&filter=externalId eq "kim"')
verdict(status == 200 and found["Resources"][0]["id"] == user["id"], "Entra finds its user")
status, gone = ask("PATCH", path, {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
                                   "Operations": [{"op": "Replace", "path": "active", "value": "False"}]})
verdict(status == 200 and gone["active"] is False, "Entra deactivates its user")
status, back = ask("PATCH", path, {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
                                   "Operations": [{"op": "replace", "value": {"active": True}}]})
verdict(status == 200 and back["active"] is True, "Okta reinstates it")
status, refused = ask("PATCH", path, {"Operations": [{"op": "replace", "path": "title", "value": "x"}]},
                      {"if-match": 'W/"stale"'})
verdict(status == 412 and refused["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"], "an old version is refused")
status, _ = ask("DELETE", path)
verdict(status == 204 and ask("GET", path)[0] == 404, "a removed user is gone")
leaves = house.must("GET", "/v1/ledger/entries?limit=250", environment="live")["data"]
acts = {leaf["action"] for leaf in leaves if leaf["actor_kind"] == "directory"}
verdict({"member.provision", "member.sync", "member.suspend", "member.remove"} <= acts, f"the ledger has it all: {sorted(acts)}")
owner.must("DELETE", f"/v1/scim/tokens/{made['id']}")
verdict(ask("GET", "/Users")[0] == 401, "a revoked token is worth nothing")
print(json.dumps({"asked": asked}))
verdict.end()
