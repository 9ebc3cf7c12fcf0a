"""Looks whether the feed has changed and, if it has, stores the new version and announces it.

The order of the last steps is the point of this job: store, publish, and only then remember. A crash in
between costs a second announcement of the same version, never a change that nobody hears of.
"""

import gzip
import hashlib
import http.client
import json
import re
import shutil
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
import zlib
from urllib.parse import urlsplit

from botocore.exceptions import BotoCoreError, ClientError

import feed


def check():
    url = feed.variable("FEED_URL")
    name = feed.variable("FEED_NAME", "feed")
    bucket = feed.variable("FEED_BUCKET")
    prefix = feed.variable("FEED_PREFIX", "feeds/").strip("/") + "/"
    topic = feed.variable("TOPIC_ARN")
    kind = feed.variable("MESSAGE_TYPE", "lovelive")
    tag = feed.variable("JOB_XML_TAG", "job")
    gzipped = feed.flag("GZIPPED", "true")
    empty_cdata = feed.flag("EMPTY_CDATA", "false")
    max_mib = feed.whole_number("FEED_MAX_MIB", "1024", 1, 10240)
    seconds = feed.whole_number("FEED_TIMEOUT_SECONDS", "600", 1, 86400)
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name):
        raise feed.WrongConfiguration("FEED_NAME may have letters, digits, dots, hyphens and underscores")
    source = urlsplit(url)
    if source.scheme not in ("http", "https", "s3") or not source.hostname:
        raise feed.WrongConfiguration("FEED_URL must begin with http://, https:// or s3://")

    s3 = feed.client("s3")
    last_seen = f"{prefix}{name}/last-seen.json"
    with tempfile.TemporaryFile() as raw, tempfile.TemporaryFile() as body:
        download(s3, url, raw, max_mib << 20, seconds)
        digest, size = unpack(raw, body, max_mib << 20)
        if digest == recall(s3, bucket, last_seen):
            print(f"{name}: unchanged, sha256 {digest}")
            return
        body.seek(0)
        count = sum(1 for _ in feed.elements(body, tag))
        key = f"{prefix}{name}/{digest}.xml" + (".gz" if gzipped else "")
        store(s3, bucket, key, body, gzipped)
    message = {"type": kind, "jobXmlTag": tag, "gzipped": gzipped, "emptyCDATA": empty_cdata,
               "bucket": bucket, "key": key, "sha256": digest}
    publish(topic, json.dumps(message, separators=(",", ":")))
    s3.put_object(Bucket=bucket, Key=last_seen, ContentType="application/json",
                  Body=json.dumps({"sha256": digest, "key": key}).encode())
    print(f"{name}: changed, sha256 {digest}, {size} bytes, {count} <{tag}>, announced as s3://{bucket}/{key}")


def download(s3, url, body, limit, seconds):
    """Copies the feed, as it comes, into `body`. The socket's timeout alone would let a
    server that sends a byte now and then keep the job for ever, so there is an end to the whole, too."""
    size, end = 0, time.monotonic() + seconds
    stream = open_feed(s3, url)
    try:
        for chunk in iter(lambda: stream.read(1 << 16), b""):
            size += len(chunk)
            if size > limit:
                raise feed.Failed(f"{feed.printable(url)}: more than FEED_MAX_MIB ({limit >> 20} MiB)")
            if time.monotonic() > end:
                raise feed.Failed(f"{feed.printable(url)}: not read within FEED_TIMEOUT_SECONDS ({seconds} s)")
            body.write(chunk)
        if getattr(stream, "length", None):
            # http.client ends a cut-off body without a word; a part of a feed must not pass for a change.
            raise feed.Failed(f"{feed.printable(url)}: the connection closed {stream.length} bytes early")
    except (OSError, http.client.HTTPException, BotoCoreError) as fault:
        raise feed.Failed(f"{feed.printable(url)}: {fault or type(fault).__name__}") from None
    finally:
        stream.close()


def open_feed(s3, url):
    source = urlsplit(url)
    try:
        if source.scheme == "s3":
            return s3.get_object(Bucket=source.netloc, Key=source.path[1:])["Body"]
        return urllib.request.urlopen(feed.request(url), timeout=feed.TIMEOUT_SECONDS)
    except urllib.error.HTTPError as fault:
        raise feed.Failed(f"{feed.printable(url)}: HTTP {fault.code}") from None
    except (OSError, ValueError, http.client.HTTPException, BotoCoreError, ClientError) as fault:
        raise feed.Failed(f"{feed.printable(url)}: {getattr(fault, 'reason', None) or fault}") from None


def unpack(raw, body, limit):
    """Copies the feed as XML and returns that XML's digest and size; its first two bytes tell whether the
    server keeps it gzipped. gzip writes the time into its files, so the digest of the XML alone says whether
    anything has changed. The limit holds here again: a small archive may hold a large file."""
    raw.seek(0)
    magic = raw.read(2)
    raw.seek(0)
    plain = gzip.GzipFile(fileobj=raw) if magic == b"\x1f\x8b" else raw
    sha, size = hashlib.sha256(), 0
    try:
        for chunk in iter(lambda: plain.read(feed.CHUNK), b""):
            size += len(chunk)
            if size > limit:
                raise feed.Failed(f"the unpacked feed has more than FEED_MAX_MIB ({limit >> 20} MiB)")
            sha.update(chunk)
            body.write(chunk)
    except (OSError, EOFError, zlib.error) as fault:
        raise feed.Failed(f"the feed cannot be unpacked: {fault}") from None
    return sha.hexdigest(), size


def store(s3, bucket, key, body, gzipped):
    """Uploads the version under its own digest, so that a second try writes the same object again."""
    body.seek(0)
    if not gzipped:
        s3.upload_fileobj(body, bucket, key)
        return
    with tempfile.TemporaryFile() as packed:
        with gzip.GzipFile(fileobj=packed, mode="wb", mtime=0) as archive:
            shutil.copyfileobj(body, archive, feed.CHUNK)
        packed.seek(0)
        s3.upload_fileobj(packed, bucket, key)


def recall(s3, bucket, key):
    try:
        return json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())["sha256"]
    except ClientError as fault:
        if fault.response["Error"]["Code"] in ("NoSuchKey", "404"):
            return None
        raise
    except (ValueError, KeyError, TypeError):
        # An unreadable memory is none: announcing a version twice does less harm than never again.
        return None


def publish(topic, message):
    """Through the runner, which adds the chain's attributes; the job that follows then knows this one."""
    command = ["jobwire-runner", "publish", "--topic", topic, "--message", "-"]
    try:
        done = subprocess.run(command, input=message.encode(), timeout=120)
    except FileNotFoundError:
        raise feed.WrongConfiguration("jobwire-runner is not on PATH") from None
    except (OSError, subprocess.TimeoutExpired) as fault:
        raise feed.Failed(f"jobwire-runner publish: {fault}") from None
    if done.returncode:
        raise feed.Failed(f"jobwire-runner publish to {topic} ended with {done.returncode}")


if __name__ == "__main__":
    feed.run(check)
