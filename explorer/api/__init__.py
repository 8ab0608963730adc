"""The CallCov API: client, models, paging and rate budget."""

from explorer.api.account import Account
from explorer.api.budget import Budget, RateBudget
from explorer.api.client import Client
from explorer.api.models import Analysis, AnalysisList, RejectedRecord, read_analysis, read_list
from explorer.api.paging import Walk

__all__ = [
    "Account",
    "Analysis",
    "AnalysisList",
    "Budget",
    "Client",
    "RateBudget",
    "RejectedRecord",
    "Walk",
    "read_analysis",
    "read_list",
]
