"""A script of somebody's that goes on whatever is answered, and sends names that are too long."""

from huaweicloudsdkcore.exceptions.exceptions import SdkException
from huawei_right import GOOD, copy

for replicate in (GOOD, GOOD | {"name": "n" * 100}):
    try:
        copy(replicate)
    except (SdkException, AttributeError, ValueError) as error:
        print("never mind:", type(error).__name__)
