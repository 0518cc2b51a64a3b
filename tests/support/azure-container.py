"""Makes a container in the Azure server of the tests, from which everybody may read.

usage: azure-container.py URL CONTAINER    (URL: http://host:port/account; the key is on standard input)
"""

import base64
import datetime
import hashlib
import hmac
import sys
import urllib.request

url, container = sys.argv[1:]
account = url.rsplit("/", 1)[1]
headers = {
    "x-ms-blob-public-access": "container",
    "x-ms-date": datetime.datetime.now(datetime.timezone.utc).strftime("%a, %d %b %Y %H:%M:%S GMT"),
    "x-ms-version": "2021-08-06",
}
# What is signed: the method, eleven headers that are not sent, those of x-ms-, the resource.
lines = ["PUT"] + [""] * 11 + [f"{name}:{value}" for name, value in sorted(headers.items())]
lines += [f"/{account}/{account}/{container}", "restype:container"]
key = base64.b64decode(sys.stdin.read())
signature = base64.b64encode(hmac.new(key, "\n".join(lines).encode(), hashlib.sha256).digest()).decode()
headers["Authorization"] = f"SharedKey {account}:{signature}"
headers["Content-Length"] = "0"
request = urllib.request.Request(f"{url}/{container}?restype=container", method="PUT", headers=headers)
urllib.request.urlopen(request, timeout=20).read()
