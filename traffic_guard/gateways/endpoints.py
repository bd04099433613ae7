"""Where Huawei Cloud's services are: settings for a stand-in, else the real addresses."""

from __future__ import annotations

import re

from django.conf import settings
from django.utils.translation import gettext as _

from traffic_guard.gateways.errors import Kind, Refused

# tenant input becomes part of a host name
REGION = re.compile(r"[a-z]{2}-[a-z0-9-]{3,30}")
BSS = {
    "cn": "https://bss.myhuaweicloud.com",
    "intl": "https://bss-intl.myhuaweicloud.com",
    "eu": "https://bss.myhuaweicloud.eu",
}


def is_region(name: str) -> bool:
    """Tell whether a name can be a region's, also one that we never heard of."""
    return REGION.fullmatch(name) is not None


def iam_url(site: str) -> str:
    """Return the base address of the identity service."""
    return _of_site(settings.HUAWEI_IAM_URL or "https://iam.myhuaweicloud.com", site)


def config_url(site: str) -> str:
    """Return the base address of the resource list."""
    return _of_site(settings.HUAWEI_CONFIG_URL or "https://rms.myhuaweicloud.com", site)


def bss_url(site: str) -> str:
    """Return the base address of billing, which is the account's site's own."""
    return _of_site(settings.HUAWEI_BSS_URL or BSS[site], site)


def ecs_url(region: str) -> str:
    """Return the base address of a region's servers."""
    return _of_region(settings.HUAWEI_ECS_URL, "ecs", region)


def vpc_url(region: str) -> str:
    """Return the base address of a region's networks; where servers have a stand-in, it is that.

    A stand-in that knows no networks says so. The real cloud would take its keys for wrong ones.
    """
    return _of_region(settings.HUAWEI_VPC_URL or settings.HUAWEI_ECS_URL, "vpc", region)


def ces_url(region: str) -> str:
    """Return the base address of a region's metrics."""
    return _of_region(settings.HUAWEI_CES_URL, "ces", region)


def _of_site(url: str, site: str) -> str:
    return url.replace("{site}", site)


def _of_region(url: str, service: str, region: str) -> str:
    if not is_region(region):
        raise Refused("", _("This is not the name of a region."), kind=Kind.NOT_FOUND, api=service)
    return (url or f"https://{service}.{{region}}.myhuaweicloud.com").replace("{region}", region)
