#!/usr/bin/env python3
"""Writes messages for webhooks and mailboxes, as Python's own libraries make and read them.

    python3 Benchmarks/peers/deliveries.py > Fixtures/golden/deliveries.json

Signatures of Standard Webhooks are hmac's, the first of them of the example that the specification
gives. Parts of mails are made by email.utils and base64, and email.parser reads the whole without a
complaint. Chat messages are json's. No third-party package is needed.
"""

import base64
import datetime
import email
import email.policy
import email.utils
import hashlib
import hmac
import json
import random
import sys
import textwrap

GENERATOR = random.Random(37)


def signature(key, identifier, seconds, body):
    signed = f"{identifier}.{seconds}.{body}".encode()
    return "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()


def signatures():
    published = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    cases = [(published, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, '{"test": 2432232314}')]
    for length in (24, 25, 32, 33, 63, 64):
        key = GENERATOR.randbytes(length)
        cases.append((key, f"msg_wh_{length}_1", GENERATOR.randrange(2**31), '{"a":"→ é"}'))
    cases.append((bytes(24), "msg_", 0, ""))
    return [
        {
            "secret": "whsec_" + base64.b64encode(key).decode(),
            "id": identifier,
            "timestamp": seconds,
            "body": body,
            "signature": signature(key, identifier, seconds, body),
        }
        for key, identifier, seconds, body in cases
    ]


def subject(title):
    """RFC 2047: base64 words of at most 39 bytes, cut between characters."""
    plain = all(" " <= c <= "~" for c in title) and "=?" not in title and len(title) <= 67
    if plain and title == title.strip():
        return title
    words, word = [], b""
    for character in title:
        if len(word + character.encode()) > 39:
            words.append(word)
            word = b""
        word += character.encode()
    words.append(word)
    return "\r\n ".join(f"=?UTF-8?B?{base64.b64encode(word).decode()}?=" for word in words)


def mail(identifier, items, instant, sender, recipient):
    title = items[0]["title"]
    if len(items) > 1:
        title = f"{len(items)} notifications: {title}, …"
    text = "\r\n".join(
        "".join(
            line + "\r\n"
            for line in [item["title"], *item["lines"], *filter(None, [item["link"]])]
        )
        for item in items
    )
    moment = datetime.datetime.fromtimestamp(instant, datetime.timezone.utc)
    message = "\r\n".join(
        [
            f"Date: {email.utils.format_datetime(moment)}",
            f"From: bloasis <{sender}>",
            f"To: <{recipient}>",
            f"Subject: {subject(title)}",
            f"Message-ID: <{identifier}@{sender.split('@')[1]}>",
            "Auto-Submitted: auto-generated",
            "MIME-Version: 1.0",
            "Content-Type: text/plain; charset=utf-8",
            "Content-Transfer-Encoding: base64",
            "",
            *textwrap.wrap(base64.b64encode(text.encode()).decode(), 76),
            "",
        ]
    )
    read = email.message_from_bytes(message.encode("ascii"), policy=email.policy.SMTP)
    assert not read.defects and all(not read[name].defects for name in read.keys()), read.defects
    assert read["Subject"] == title, (read["Subject"], title)
    assert read["Date"].datetime == moment
    assert read["From"].addresses[0].addr_spec == sender
    assert read["To"].addresses[0].addr_spec == recipient
    assert read["Message-ID"] == f"<{identifier}@{sender.split('@')[1]}>"
    assert read.get_content() == text.replace("\r\n", "\n") or read.get_content() == text
    assert all(len(line) <= 78 for line in message.split("\r\n"))
    return message


def fit(texts, title, limit):
    """Whole notifications, as many as there is room for, in UTF-16 units."""
    def units(text):
        return len(text.encode("utf-16-le")) // 2

    for count in range(len(texts), 0, -1):
        rest = len(texts) - count
        text = "\n\n".join(texts[:count] + ([f"… and {rest} more"] if rest else []))
        if units(text) <= limit:
            return text
    if units(title) <= limit:
        return title
    kept = ""
    for character in title:
        if units(kept + character) + 1 > limit:
            break
        kept += character
    return kept + "…"


def chats(items):
    title = items[0]["title"]
    if len(items) > 1:
        title = f"{len(items)} notifications: {title}, …"

    def texts(escape, link):
        return [
            "\n".join(
                [escape(line) for line in [item["title"], *item["lines"]]]
                + ([link(item["link"])] if item["link"] else [])
            )
            for item in items
        ]

    def slack(text):
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

    def discord(text):
        return "".join("\\" + c if c in "\\*_~`|<>[]#" else c for c in text)

    def dump(value):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))

    same = str
    return {
        "slack": dump(
            {
                "text": fit(
                    texts(slack, lambda url: f"<{slack(url)}|Open the dashboard>"),
                    slack(title),
                    4_000,
                )
            }
        ),
        "discord": dump(
            {
                "content": fit(texts(discord, lambda url: f"<{url}>"), discord(title), 2_000),
                "allowed_mentions": {"parse": []},
            }
        ),
        "telegram": dump(
            {
                "chat_id": "-1001",
                "text": fit(texts(same, same), title, 4_096),
                "link_preview_options": {"is_disabled": True},
            }
        ),
    }


def item(title, lines=(), link=None):
    return {"title": title, "lines": list(lines), "link": link}


def contents():
    link = "https://example.com/?market=%5EGSPC&timeframe=1d"
    yield [item("A plain title")]
    yield [item("SPX: Bull → Crisis", ["Since the bar of 2020-03-09", "Why: a < b & c > d"], link)]
    yield [item("=?UTF-8?B?aGVsbG8=?= is not what it says", ["*bold* _slanted_ `code` @everyone"])]
    yield [item(" begins with a space", ["a.\r\n.\r\nline with a lone dot"])]
    yield [item("a" * 67)]
    yield [item("a" * 68)]
    yield [item("é" * 40 + "🙂" * 40, ["日本語の行"])]
    yield [item(f"Number {number}: Bear → Bull", ["Why: " + "x" * 50], link) for number in range(3)]
    yield [item(f"Number {number}: 🙂", ["Why: " + "<&>_" * 30], link) for number in range(40)]
    for length in (2_000, 2_001, 4_000, 4_001, 4_096, 4_097):
        yield [item("b" * length)]
    yield [item("🙂" * 2_100)]
    yield [item("c" * 5_000), item("d")]


def main():
    cases = []
    for number, items in enumerate(contents()):
        instant = 1_583_787_600 + 86_400 * 13 * number
        is_short = sum(len(item["title"]) for item in items) < 500
        cases.append(
            {
                "id": f"msg_wh_{number:02}_{number}",
                "timestamp": instant,
                "items": items,
                "mail": mail(
                    f"msg_wh_{number:02}_{number}", items, instant, "bloasis@mail.example.com",
                    "someone+spx@example.org",
                )
                if is_short
                else None,
                "chats": chats(items),
            }
        )
    golden = {"signatures": signatures(), "messages": cases}
    json.dump(golden, sys.stdout, ensure_ascii=False, indent=1)
    print()


if __name__ == "__main__":
    main()
