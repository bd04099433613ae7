"""What the product keeps: accounts, servers and packages, readings, policies, stops, decisions."""

from traffic_guard.models.accounts import Account
from traffic_guard.models.guarding import AlertMark, Decision, PlannedStop, PowerAction
from traffic_guard.models.policies import Policy, Preferences
from traffic_guard.models.readings import MeasureUnit, OutboundHour, Reading
from traffic_guard.models.servers import Package, Server, ServerPackage
from traffic_guard.models.telling import Bulletin, BulletinLine, ChatRequest

__all__ = [
    "Account",
    "AlertMark",
    "Bulletin",
    "BulletinLine",
    "ChatRequest",
    "Decision",
    "MeasureUnit",
    "OutboundHour",
    "Package",
    "PlannedStop",
    "Policy",
    "PowerAction",
    "Preferences",
    "Reading",
    "Server",
    "ServerPackage",
]
