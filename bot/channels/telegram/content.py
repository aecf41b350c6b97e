"""What a Telegram message carries: words, files, or only news of the chat."""

from __future__ import annotations

from telegram import Message

from bot.conversation.messages import AttachmentRef

SERVICE = (
    "boost_added",
    "channel_chat_created",
    "chat_background_set",
    "chat_owner_changed",
    "chat_owner_left",
    "chat_shared",
    "checklist_tasks_added",
    "checklist_tasks_done",
    "connected_website",
    "delete_chat_photo",
    "direct_message_price_changed",
    "forum_topic_closed",
    "forum_topic_created",
    "forum_topic_edited",
    "forum_topic_reopened",
    "general_forum_topic_hidden",
    "general_forum_topic_unhidden",
    "gift",
    "gift_upgrade_sent",
    "giveaway_completed",
    "giveaway_created",
    "group_chat_created",
    "left_chat_member",
    "managed_bot_created",
    "message_auto_delete_timer_changed",
    "migrate_from_chat_id",
    "migrate_to_chat_id",
    "new_chat_members",
    "new_chat_photo",
    "new_chat_title",
    "paid_message_price_changed",
    "passport_data",
    "pinned_message",
    "poll_option_added",
    "poll_option_deleted",
    "proximity_alert_triggered",
    "refunded_payment",
    "successful_payment",
    "suggested_post_approval_failed",
    "suggested_post_approved",
    "suggested_post_declined",
    "suggested_post_paid",
    "suggested_post_refunded",
    "supergroup_chat_created",
    "unique_gift",
    "users_shared",
    "video_chat_ended",
    "video_chat_participants_invited",
    "video_chat_scheduled",
    "video_chat_started",
    "web_app_data",
    "write_access_allowed",
)
"""Fields of a message that tells of something that happened in the chat; nobody wrote it, nobody is answered."""
READABLE = (
    "animation",
    "audio",
    "caption",
    "contact",
    "document",
    "live_photo",
    "location",
    "photo",
    "sticker",
    "text",
    "venue",
    "video",
    "voice",
)
"""Fields that become text or files."""
UNREADABLE = (
    "checklist",
    "dice",
    "game",
    "giveaway",
    "giveaway_winners",
    "invoice",
    "paid_media",
    "poll",
    "story",
    "video_note",
)
"""Fields that a person sent and that we cannot read; so is every field that a later Bot API adds."""


def text_of(message: Message) -> str:
    """Text or caption as typed; a place or a contact as a readable line; a sticker as its emoji."""
    if venue := message.venue:
        place = f"{_degrees(venue.location.latitude)}, {_degrees(venue.location.longitude)}"
        return f"Tempat: {', '.join(filter(None, (venue.title, venue.address)))} ({place})"
    if location := message.location:
        return f"Lokasi: {_degrees(location.latitude)}, {_degrees(location.longitude)}"
    if contact := message.contact:
        name = " ".join(filter(None, (contact.first_name, contact.last_name)))
        return f"Kontak: {', '.join(filter(None, (name, contact.phone_number)))}"
    if message.sticker:
        return message.sticker.emoji or ""
    return message.text or message.caption or ""


def _degrees(value: float) -> str:
    return f"{value:.6f}".rstrip("0").rstrip(".")


def attachments_of(message: Message) -> tuple[AttachmentRef, ...]:
    """The file of the message. Telegram allows one; albums are several messages."""
    if message.photo:
        largest = max(message.photo, key=lambda size: size.width * size.height)
        return (AttachmentRef("image", largest.file_id, None, "image/jpeg", largest.file_size),)
    if clip := message.animation or message.video:
        return (AttachmentRef("video", clip.file_id, clip.file_name, clip.mime_type, clip.file_size),)
    if document := message.document:
        return (
            AttachmentRef("document", document.file_id, document.file_name, document.mime_type, document.file_size),
        )
    if voice := message.voice:
        return (AttachmentRef("voice", voice.file_id, None, voice.mime_type, voice.file_size),)
    if audio := message.audio:
        return (AttachmentRef("audio", audio.file_id, audio.file_name, audio.mime_type, audio.file_size),)
    if sticker := message.sticker:
        media_type = "application/gzip" if sticker.is_animated else "video/webm" if sticker.is_video else "image/webp"
        return (AttachmentRef("sticker", sticker.file_id, None, media_type, sticker.file_size),)
    return ()
