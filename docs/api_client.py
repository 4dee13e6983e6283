#!/usr/bin/env python3
"""An example client of Heng's API. Needs Python 3.8 and nothing else.

    export HENG_TOKEN=heng_...          # what heng client add printed
    python3 api_client.py http://127.0.0.1:8050 freshness
    python3 api_client.py http://127.0.0.1:8050 findings from=2026-11-01 to=2026-11-22
    echo PLATE | python3 api_client.py http://127.0.0.1:8050 look-up purpose=vehicle_check

A list is written row by row, one JSON object a line, however many pages it has; anything else as one object. A plate is
read from the input, so that it stands in no history, and sent in the body, so that it stands in no address.
"""

import json
import os
import sys
import time
import urllib.error
import urllib.parse
import urllib.request


class Refused(Exception):
    """What the API answered in place of data (RFC 9457)."""


class Client:
    def __init__(self, url, token):
        self.base, self.token = url.rstrip("/") + "/api/v1/", token

    def ask(self, path, query=None, body=None):
        """One answer; waits where the API asks to."""
        url = self.base + path + ("?" + urllib.parse.urlencode(query) if query else "")
        headers = {"Authorization": "Bearer " + self.token, "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        while True:
            request = urllib.request.Request(
                url, data, headers if data else {"Authorization": headers["Authorization"]}
            )
            try:
                with urllib.request.urlopen(request, timeout=60) as answer:
                    return json.load(answer)
            except urllib.error.HTTPError as error:
                problem = json.load(error)
                if error.code != 429:
                    raise Refused("{title}. {detail}".format(**problem), problem.get("parameters", [])) from None
                time.sleep(int(error.headers["Retry-After"]))

    def rows(self, path, query):
        """All rows of a list; Refused says so if the data change meanwhile (410): begin again."""
        query = dict(query)
        while True:
            page = self.ask(path, query)
            yield from page["items"]
            if page["next"] is None:
                return
            query["cursor"] = page["next"]


def main(url, path, *words):
    client = Client(url, os.environ["HENG_TOKEN"])
    query = dict(word.split("=", 1) for word in words)
    try:
        if path == "look-up":
            told = client.ask("vehicles/look-up", body={"plate_no": sys.stdin.readline().strip(), **query})
            print(json.dumps(told["standing"], ensure_ascii=False))
        elif path in ("sites", "findings", "repeat-violators", "hazards"):
            for row in client.rows(path, query):
                print(json.dumps(row, ensure_ascii=False))
        else:
            print(json.dumps(client.ask(path, query), ensure_ascii=False, indent=2))
    except Refused as refused:
        sys.exit(" ".join(map(str, refused.args)))


if __name__ == "__main__":
    main(*sys.argv[1:])
