"""Channels out of the house: e-mail, Slack and Matrix, each with the same letter."""

from skyhub.adapters.channels._letter import Letter, NotDelivered
from skyhub.adapters.channels._mail import hand_over, mail_of, send_mail
from skyhub.adapters.channels._webhook import post_to_matrix, post_to_slack

__all__ = ["Letter", "NotDelivered", "hand_over", "mail_of", "post_to_matrix", "post_to_slack", "send_mail"]
