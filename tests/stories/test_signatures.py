"""Signatures, as the vendors' own npm packages verify them."""

import json
import os
import subprocess

import pytest

from harness.api import SDK_FOLDER
from harness.certificates import Authority
from harness.platform import ROOT, binary

REQUESTS = 10000
SIGNING = os.path.join(ROOT, "tests", "signing")
SENDER = os.path.join(os.path.dirname(os.path.dirname(binary("fetcher"))),
                      "tests", "sender")


def node(*words, status=0):
    done = subprocess.run(
        ["node", *words], capture_output=True, text=True, check=False,
        timeout=300, env={**os.environ, "NODE_PATH": SDK_FOLDER})
    assert done.returncode == status, done.stdout[-6000:] + done.stderr[-6000:]
    return done.stdout


@pytest.fixture(scope="module")
def hosts_certificate():
    """For every host that the generated requests go to."""
    authority = Authority()
    names = node("-e", "console.log(require(process.argv[1]).HOSTS.map("
                 "([, name]) => name).filter(Boolean).join(','))",
                 os.path.join(SIGNING, "requests.js"))
    return authority, authority.certificate(names.strip())


def test_both_sdks_accept_ten_thousand_requests_and_refuse_altered_ones(
        hosts_certificate):
    """Hosts, ports, paths and queries as customers write them; parameters in
    any alphabet, names twice or in other letters; forms, queries and JSON."""
    authority, certificate = hosts_certificate
    told = json.loads(node(os.path.join(SIGNING, "check.js"), SENDER,
                           certificate.path, certificate.key, authority.path,
                           str(REQUESTS)))
    assert told["requests"] == REQUESTS
    assert told["altered"] > 10 * REQUESTS
    assert told["verdicts"] > told["altered"] + 4 * REQUESTS
    assert told["mistakes"] == 0 and told["wrong"] == []
