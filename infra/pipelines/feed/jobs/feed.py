"""What the feed's jobs share: reading their variables, reading XML without trusting it, and HTTP."""

import base64
import http.client
import json
import os
import sys
import time
import urllib.error
import urllib.request
import zlib
from urllib.parse import unquote, urlsplit, urlunsplit
from xml.parsers import expat

import boto3
from boto3.exceptions import Boto3Error
from botocore.exceptions import BotoCoreError, ClientError

TIMEOUT_SECONDS = 30
TRIES = 3
CHUNK = 1 << 20
# An element is one vacancy, so one of this size is a fault or an attack, and memory is not given to it.
MAX_ELEMENT_CHARACTERS = 16 << 20


class WrongConfiguration(Exception):
    """The job can never succeed as it was started, so a retry is of no use: exit code 2."""


class Failed(Exception):
    """The job failed for a reason outside of it, and a later try may succeed: exit code 1."""


def run(job):
    """Ends the process with the job's exit code and, on failure, one line that says what was wrong."""
    try:
        job()
    except WrongConfiguration as fault:
        sys.exit(_complain(fault, 2))
    except (Failed, Boto3Error, BotoCoreError, ClientError) as fault:
        sys.exit(_complain(fault, 1))


def _complain(fault, code):
    print(f"{os.path.basename(sys.argv[0])}: {' '.join(str(fault).split())}", file=sys.stderr)
    return code


def variable(name, default=None):
    value = os.environ.get(name, "").strip() or default
    if value is None:
        raise WrongConfiguration(f"{name} is not set")
    return value


def flag(name, default):
    value = variable(name, default)
    if value not in ("true", "false"):
        raise WrongConfiguration(f"{name} must be true or false, not {value!r}")
    return value == "true"


def whole_number(name, default, low, high):
    value = variable(name, default)
    if not value.isdecimal() or not low <= int(value) <= high:
        raise WrongConfiguration(f"{name} must be a whole number from {low} to {high}, not {value!r}")
    return int(value)


def service_url():
    url = variable("SERVICE_URL").rstrip("/")
    if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
        raise WrongConfiguration("SERVICE_URL must be an http:// or https:// URL")
    return url


def printable(url):
    """The URL without user, password, query and fragment: that is where credentials hide."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def client(service):
    """A client of AWS, or of the endpoint that AWS_ENDPOINT_URL names. An endpoint on an IP address
    gets path-style S3 requests from botocore without being told."""
    return boto3.client(service, region_name=os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION"))


def elements(stream, name):
    """Yields each element of that name as a list of (child's name, child's text), and raises Failed where
    the XML is not well-formed. Memory holds one element, however long the feed is.

    A document type is refused as soon as it begins. Feeds need none, and entities are how a small file
    becomes a large one or reads what it should not. So expat is used as it is: ElementTree would hide it.
    """
    parser = expat.ParserCreate()
    parser.buffer_text = True
    reader = _Reader(name)
    parser.StartDoctypeDeclHandler = _refuse_document_type
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    try:
        for chunk in iter(lambda: stream.read(CHUNK), b""):
            parser.Parse(chunk, False)
            yield from reader.take()
        parser.Parse(b"", True)
    except expat.ExpatError as fault:
        raise Failed(f"the feed is not well-formed XML: {fault}") from None
    except (OSError, EOFError, zlib.error) as fault:
        raise Failed(f"the feed cannot be read: {fault}") from None
    yield from reader.take()


def _refuse_document_type(*_):
    raise Failed("the feed has a document type declaration, which is refused")


class _Reader:
    """Gathers what expat reports. Text below a child's own children counts as that child's text."""

    def __init__(self, name):
        self.name, self.found, self.fields, self.depth, self.size = name, [], None, 0, 0

    def start(self, name, _attributes):
        if self.fields is None:
            if name == self.name:
                self.fields, self.depth, self.size = [], 0, 0
            return
        self.depth += 1
        if self.depth == 1:
            self.fields.append((name, []))

    def text(self, data):
        if self.fields and self.depth:
            self.size += len(data)
            if self.size > MAX_ELEMENT_CHARACTERS:
                raise Failed(f"a <{self.name}> has more than {MAX_ELEMENT_CHARACTERS} characters")
            self.fields[-1][1].append(data)

    def end(self, _name):
        if self.fields is None:
            return
        if self.depth == 0:
            self.found.append([(name, "".join(texts).strip()) for name, texts in self.fields])
            self.fields = None
            return
        self.depth -= 1

    def take(self):
        found, self.found = self.found, []
        return found


def request(url, data=None, headers=None):
    """A request whose `user:password@` has gone into the header, since urllib takes it for part of the host.
    A redirect does not take the header along: the password is meant for the first host alone."""
    parts = urlsplit(url)
    userinfo, _, host = parts.netloc.rpartition("@")
    made = urllib.request.Request(urlunsplit(parts._replace(netloc=host)), data, headers or {})
    if userinfo:
        token = base64.b64encode(unquote(userinfo).encode()).decode()
        made.add_unredirected_header("Authorization", f"Basic {token}")
    return made


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """urllib follows a redirected POST with a GET, and what was to be delivered would be gone unnoticed."""

    def redirect_request(self, *_):
        return None


_poster = urllib.request.build_opener(_NoRedirect)


def post(url, body, headers=None):
    """POSTs JSON, three times at most: what the service or the way to it spoils may be well a moment later.
    A refusal (4xx) stays one, so it is not repeated."""
    data = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    headers = {"Content-Type": "application/json", **(headers or {})}
    for attempt in range(1, TRIES + 1):
        try:
            with _poster.open(request(url, data, headers), timeout=TIMEOUT_SECONDS) as answer:
                answer.read()
            return
        except urllib.error.HTTPError as fault:
            reason, again = f"HTTP {fault.code}", fault.code >= 500 or fault.code == 429
            fault.close()
        except (OSError, http.client.HTTPException) as fault:
            reason, again = str(getattr(fault, "reason", None) or fault or type(fault).__name__), True
        if not again or attempt == TRIES:
            raise Failed(f"POST {printable(url)}: {reason}")
        time.sleep(0.5 * 2 ** (attempt - 1))
