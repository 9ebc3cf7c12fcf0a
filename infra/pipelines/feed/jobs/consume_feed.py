"""Reads a stored feed version and hands its entries to the service, several at a time.

A second run of the same feed sends the same Idempotency-Key with the same entries, so a service that
minds the header takes them once, however often this job is retried.
"""

import gzip
import hashlib
import json
import queue
import threading

import feed

BATCH = 50


def consume():
    parallelism = feed.whole_number("PARALLELISM", "15", 1, 64)
    service = feed.service_url()
    message = read_message()
    bucket, key, tag = message["bucket"], message["key"], message["jobXmlTag"]

    body = feed.client("s3").get_object(Bucket=bucket, Key=key)
    # The object's identity, not its place: a feed delivered again under the same key is another one.
    identity = message.get("sha256") or f"{bucket}/{key}/{body['ETag']}"
    stream = gzip.GzipFile(fileobj=body["Body"]) if message["gzipped"] else body["Body"]
    entries = (as_object(fields, message["emptyCDATA"]) for fields in feed.elements(stream, tag))
    count = deliver(entries, message["type"], f"{service}/jobs", identity, parallelism)
    summary = {"type": message["type"], "count": count, "key": key, "parallelism": parallelism}
    if "sha256" in message:
        summary["sha256"] = message["sha256"]
    feed.post(f"{service}/feeds", summary, {"Idempotency-Key": digest(identity, "summary")})
    print(f"s3://{bucket}/{key}: {count} <{tag}> delivered to {feed.printable(service)}")


def read_message():
    try:
        message = json.loads(feed.variable("DOWNLOAD_MESSAGE"))
    except ValueError as fault:
        raise feed.WrongConfiguration(f"DOWNLOAD_MESSAGE is not JSON: {fault}") from None
    expected = {"type": str, "jobXmlTag": str, "gzipped": bool, "emptyCDATA": bool, "bucket": str, "key": str}
    if not isinstance(message, dict):
        raise feed.WrongConfiguration("DOWNLOAD_MESSAGE is not a JSON object")
    for name, kind in expected.items():
        if not isinstance(message.get(name), kind) or message[name] == "":
            what = "true or false" if kind is bool else "a text"
            raise feed.WrongConfiguration(f"DOWNLOAD_MESSAGE: {name} must be {what}")
    return message


def as_object(fields, keep_empty):
    """A child that occurs twice becomes a list, so that none of its values is lost."""
    entry = {}
    for name, text in fields:
        if not text and not keep_empty:
            continue
        if name not in entry:
            entry[name] = text
        elif isinstance(entry[name], list):
            entry[name].append(text)
        else:
            entry[name] = [entry[name], text]
    return entry


def deliver(entries, kind, url, identity, parallelism):
    """POSTs batches from as many threads as asked for, each with the message's type, by which the service tells
    feeds apart. The queue is short on purpose: reading waits for the service, so memory stays the same for a
    feed of any length. The first failure stops the rest."""
    work, failures, stop = queue.Queue(parallelism), [], threading.Event()

    def send():
        while (item := work.get()) is not None:
            index, batch = item
            if stop.is_set():
                continue
            try:
                feed.post(url, {"type": kind, "entries": batch}, {"Idempotency-Key": digest(identity, index)})
            except BaseException as fault:
                failures.append(fault)
                stop.set()

    threads = [threading.Thread(target=send, daemon=True) for _ in range(parallelism)]
    for thread in threads:
        thread.start()
    count, index, batch = 0, 0, []
    try:
        for entry in entries:
            if stop.is_set():
                break
            batch.append(entry)
            count += 1
            if len(batch) == BATCH:
                work.put((index, batch))
                index, batch = index + 1, []
        if batch and not stop.is_set():
            work.put((index, batch))
    finally:
        for _ in threads:
            work.put(None)
        for thread in threads:
            thread.join()
    if failures:
        raise feed.Failed(f"stopped after {count} entries were read: {failures[0]}") from failures[0]
    return count


def digest(identity, part):
    return hashlib.sha256(f"{identity}#{part}".encode()).hexdigest()


if __name__ == "__main__":
    feed.run(consume)
