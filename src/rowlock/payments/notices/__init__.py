"""What providers tell us by themselves: webhooks, checked, remembered once, and then asked about."""

from rowlock.payments.notices.desk import NoticeDesk
from rowlock.payments.notices.model import Notice
from rowlock.payments.notices.readers import RazorpayNotices, ReadNotice, StripeNotices

__all__ = ["Notice", "NoticeDesk", "RazorpayNotices", "ReadNotice", "StripeNotices"]
