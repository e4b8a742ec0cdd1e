"""A script of somebody's that goes on whatever is answered, and has more mistakes than that."""

import json
import os

import requests
from huaweicloudsdkcore.exceptions.exceptions import SdkException
from huawei_right import GOOD, PROJECT, copy

URL = f"{os.environ['ACCORDANT_URL']}/v3/{PROJECT}/backups/3a9a5f4e-4c6e-4b5b-8e5f-0d5f2c9a6b1d/replicate"
TOKEN = {"X-Auth-Token": "of-mine"}


def attempt(replicate, **more):
    try:
        return copy(replicate, **more)
    except (SdkException, AttributeError, ValueError) as error:
        print("never mind:", type(error).__name__)


attempt(GOOD)
attempt(GOOD | {"name": "n" * 100})
attempt(GOOD | {"cross_account_urn": "urn"})
attempt(GOOD, project="{project_id}")

for _ in range(12):
    if attempt(GOOD | {"name": "again"}):
        break

# What somebody writes whose SDK has no such operation.
body = {"replicate": GOOD | {"name": "by_hand"}}
requests.post(URL, json=body)
requests.post(URL, headers=TOKEN | {"Content-Type": "text/plain"}, data=json.dumps(body))
requests.post(URL, headers=TOKEN, params={"X-Auth-Token": "of-mine"}, json=body)
