"""Where a <Sip> target is: NAPTR, SRV, A, /etc/hosts, and what is tried next."""

import socket
import time

import pytest

from conftest import world_of
from fakes.dns import Dns
from harness.api import Api
from harness.app import document
from harness.platform import Platform
from harness.ports import free_port
from harness.wait import until


@pytest.fixture(scope="module")
def names():
    found = Dns()
    yield found
    found.close()


@pytest.fixture(scope="module")
def named_platform(session_app, names, authority):
    platform = Platform(voice_url=session_app.url("/voice"),
                        dialect="restcomm", dns_servers=names.address,
                        sip_out_allow="127.0.0.0/24", log_level="debug",
                        tls_ca=authority.path)
    yield platform
    platform.close()


named = world_of("named_platform")


def two_servers(names, name, first, second):
    """SRV over UDP: the first is asked before the second."""
    names.add(f"_sip._udp.{name}", "SRV", (1, 0, first, f"a.{name}"),
              (2, 0, second, f"a.{name}"))
    names.add(f"a.{name}", "A", "127.0.0.1")


def dialled(world, uri):
    """A call whose document dials 'uri'."""
    caller = world.phone()
    world.answers(world.dial(None, uri=uri))
    return caller.call(world.platform.sip)


def hang_up(world, out, asked):
    """The callee answers and hangs up; the record of the call."""
    asked.answer()
    asked.expect_ack()
    out.established()
    asked.bye()
    asked.expect_bye_done()
    out.expect_bye()
    return world.record()


def only(record, kind):
    found = [message for message in record if message["type"] == kind]
    assert len(found) == 1, [message["type"] for message in record]
    return found[0]


def test_naptr_leads_to_srv_leads_to_the_phone(named, names):
    """RFC 3263 4.1: the transport is what the domain prefers."""
    callee = named.phone("tcp")
    names.add("one.test", "NAPTR", (50, 50, "s", "SIP+D2T", "_sip._tcp.one.test"),
              (90, 50, "s", "SIP+D2U", "_sip._udp.one.test"))
    names.add("_sip._tcp.one.test", "SRV", (0, 1, callee.port, "a.one.test"))
    names.add("a.one.test", "A", "127.0.0.1")
    out = dialled(named, "sip:bob@one.test")
    asked = callee.incoming()
    assert asked.request.uri == "sip:bob@one.test"
    assert "SIP/2.0/TCP" in asked.request.get("Via")
    record = hang_up(named, out, asked)
    answered = only(record, "answered")
    assert answered["peer"] == f"127.0.0.1:{callee.port}"
    assert "attempts" not in answered
    assert names.kinds("one.test") == ["NAPTR"]


def test_without_naptr_srv_of_the_default_transport(named, names):
    callee = named.phone()
    names.add("_sip._udp.two.test", "SRV", (0, 1, callee.port, "a.two.test"))
    names.add("a.two.test", "A", "127.0.0.1")
    out = dialled(named, "sip:bob@two.test")
    hang_up(named, out, callee.incoming())
    assert ("two.test", "NAPTR") in names.asked
    assert ("_sip._tcp.two.test", "SRV") not in names.asked


def test_srv_of_another_transport_if_the_uri_leaves_it_open(named, names):
    callee = named.phone("tcp")
    names.add("_sip._tcp.three.test", "SRV",
              (0, 1, callee.port, "a.three.test"))
    names.add("a.three.test", "A", "127.0.0.1")
    out = dialled(named, "sip:bob@three.test")
    hang_up(named, out, callee.incoming())


def test_a_transport_in_the_uri_is_the_one(named, names):
    """RFC 3263 4.1: no NAPTR then, and SRV of that transport alone."""
    callee = named.phone("tcp")
    names.add("_sip._udp.four.test", "SRV", (0, 1, 9, "a.four.test"))
    names.add("_sip._tcp.four.test", "SRV", (0, 1, callee.port, "a.four.test"))
    names.add("a.four.test", "A", "127.0.0.1")
    out = dialled(named, "sip:bob@four.test;transport=tcp")
    hang_up(named, out, callee.incoming())
    assert ("four.test", "NAPTR") not in names.asked
    assert ("_sip._udp.four.test", "SRV") not in names.asked


def test_a_port_in_the_uri_asks_for_addresses_only(named, names):
    """RFC 3263 4.2."""
    callee = named.phone()
    names.add("five.test", "A", "127.0.0.1")
    out = dialled(named, f"sip:bob@five.test:{callee.port}")
    hang_up(named, out, callee.incoming())
    assert names.kinds("five.test") == ["A"]


def test_without_srv_the_address_and_the_standard_port(named, names):
    callee = named.phone(host="127.0.0.60", port=5060)
    names.add("six.test", "A", "127.0.0.60")
    out = dialled(named, "sip:bob@six.test")
    hang_up(named, out, callee.incoming())


def test_a_name_of_etc_hosts_needs_no_dns(named, names):
    callee = named.phone(host="127.0.0.1", port=5060)
    out = dialled(named, "sip:bob@localhost")
    hang_up(named, out, callee.incoming())
    assert not [name for name, _ in names.asked if "localhost" in name]


def test_lower_priority_first_then_by_weight(named, names):
    first, second = named.phone(), named.phone()
    names.add("_sip._udp.seven.test", "SRV",
              (20, 100, second.port, "a.seven.test"),
              (10, 0, first.port, "a.seven.test"))
    names.add("a.seven.test", "A", "127.0.0.1")
    out = dialled(named, "sip:bob@seven.test")
    hang_up(named, out, first.incoming())
    assert not second.invites()


def test_503_leads_to_the_next_server(named, names):
    """RFC 3263 4.3: same Call-ID, new branch, CSeq one higher (RFC 3261
    8.1.3.5), and both addresses are on the record."""
    first, second = named.phone(), named.phone()
    two_servers(names, "eight.test", first.port, second.port)
    out = dialled(named, "sip:bob@eight.test")
    refused = first.incoming()
    refused.refuse(503, "Overloaded")
    refused.expect_ack()
    asked = second.incoming()
    before, after = refused.request, asked.request
    assert after.call_id == before.call_id
    assert after.branch != before.branch
    assert after.cseq[0] == before.cseq[0] + 1
    assert after.get("From") == before.get("From")
    record = hang_up(named, out, asked)
    attempts = only(record, "answered")["attempts"]
    assert [(a["address"], a["status"]) for a in attempts] == [
        (f"127.0.0.1:{first.port}", 503), (f"127.0.0.1:{second.port}", 200)]
    assert attempts[0]["phrase"] == "Overloaded"


def test_busy_is_no_reason_to_ask_another_server(named, names):
    first, second = named.phone(), named.phone()
    two_servers(names, "nine.test", first.port, second.port)
    out = dialled(named, "sip:bob@nine.test")
    refused = first.incoming()
    refused.refuse(486, "Busy Here")
    refused.expect_ack()
    named.over(out)
    failed = only(named.record(), "failed")
    assert [a["status"] for a in failed["attempts"]] == [486]
    assert not second.invites()


def test_a_refused_connection_leads_to_the_next_server(named, names):
    callee, nobody = named.phone("tcp"), free_port()
    names.add("_sip._tcp.ten.test", "SRV", (1, 0, nobody, "a.ten.test"),
              (2, 0, callee.port, "a.ten.test"))
    names.add("a.ten.test", "A", "127.0.0.1")
    out = dialled(named, "sip:bob@ten.test;transport=tcp")
    record = hang_up(named, out, callee.incoming())
    attempts = only(record, "answered")["attempts"]
    assert attempts[0]["error"] == 64003
    assert attempts[0]["error_text"].startswith(f"127.0.0.1:{nobody} over tcp: ")
    assert "status" not in attempts[0]
    assert attempts[1]["status"] == 200


def test_a_silent_server_is_left_after_four_seconds(named, names):
    callee = named.phone()
    silent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    silent.bind(("127.0.0.1", 0))
    names.add("_sip._udp.eleven.test", "SRV",
              (1, 0, silent.getsockname()[1], "a.eleven.test"),
              (2, 0, callee.port, "a.eleven.test"))
    names.add("a.eleven.test", "A", "127.0.0.1")
    began = time.monotonic()
    out = dialled(named, "sip:bob@eleven.test")
    asked = callee.incoming(15)
    assert 3.5 < time.monotonic() - began < 7
    record = hang_up(named, out, asked)
    attempts = only(record, "answered")["attempts"]
    assert attempts[0]["error"] == 64004
    assert attempts[0]["error_text"].startswith(
        f"127.0.0.1:{silent.getsockname()[1]} over udp: ")
    assert 3900 < attempts[0]["total_ms"] < 5000
    silent.close()


def test_a_server_that_wakes_up_late_is_cancelled_and_its_200_ended(named,
                                                                   names):
    """No ghost may stay at an address that was given up."""
    late, callee = named.phone(), named.phone()
    late.reply = lambda *_words, **_more: None      # not even 100
    names.add("_sip._udp.twelve.test", "SRV", (1, 0, late.port, "a.twelve.test"),
              (2, 0, callee.port, "a.twelve.test"))
    names.add("a.twelve.test", "A", "127.0.0.1")
    out = dialled(named, "sip:bob@twelve.test")
    first = late.incoming()
    asked = callee.incoming(15)
    del late.reply
    first.answer()
    first.expect_ack()
    first.expect_bye()
    hang_up(named, out, asked)


def test_a_server_that_says_100_is_waited_for(named, names):
    slow, other = named.phone(), named.phone()
    names.add("_sip._udp.slow.test", "SRV", (1, 0, slow.port, "a.slow.test"),
              (2, 0, other.port, "a.slow.test"))
    names.add("a.slow.test", "A", "127.0.0.1")
    out = dialled(named, "sip:bob@slow.test")
    asked = slow.incoming()
    time.sleep(5)
    assert not other.invites()
    hang_up(named, out, asked)


def test_all_servers_fail_and_each_is_on_the_record(named, names):
    first, second = named.phone(), named.phone()
    names.add("_sip._udp.last.test", "SRV", (1, 0, first.port, "a.last.test"),
              (2, 0, second.port, "a.last.test"))
    names.add("a.last.test", "A", "127.0.0.1")
    out = dialled(named, "sip:bob@last.test")
    for phone in (first, second):
        asked = phone.incoming()
        asked.refuse(503, "Overloaded")
        asked.expect_ack()
    named.over(out)
    failed = only(named.record(), "failed")
    assert failed["status"] == 503
    assert [(a["address"], a["status"]) for a in failed["attempts"]] == [
        (f"127.0.0.1:{phone.port}", 503) for phone in (first, second)]


def test_each_address_is_checked_when_it_is_its_turn(named, names):
    """VOXBUS_SIP_OUT_ALLOW has 127.0.0.0/24 here."""
    callee = named.phone()
    names.add("_sip._udp.inside.test", "SRV", (1, 0, 5060, "bad.inside.test"),
              (2, 0, callee.port, "good.inside.test"))
    names.add("bad.inside.test", "A", "10.1.2.3")
    names.add("good.inside.test", "A", "127.0.0.1")
    out = dialled(named, "sip:bob@inside.test")
    record = hang_up(named, out, callee.incoming())
    attempts = only(record, "answered")["attempts"]
    assert [(a["address"], a.get("error")) for a in attempts] == [
        ("10.1.2.3:5060", 64002), (f"127.0.0.1:{callee.port}", None)]


@pytest.mark.parametrize("uri, error, where", [
    ("sip:bob@nowhere.test", 13254, ""),
    ("sip:bob@private.test", 64002, "192.168.1.1:5060 over udp: "),
    ("sip:bob@[::1]:5060", 13254, ""),
    ("sip:bob@10.0.0.1;transport=tcp", 64002, "10.0.0.1:5060 over tcp: ")])
def test_targets_that_are_nowhere(named, names, uri, error, where):
    names.add("private.test", "A", "192.168.1.1")
    out = dialled(named, uri)
    named.over(out)
    record = named.record()
    failed = only(record, "failed")
    assert (failed["error"], failed.get("status")) == (error, None)
    assert any(m["type"] == "noted" and m["code"] == error and
               m["text"].startswith(where) for m in record)


@pytest.mark.parametrize("dead", ["sip:x@gone.test",
                                  "sip:x@10.1.2.3;transport=udp"])
def test_a_contact_of_a_302_that_leads_nowhere_is_left_for_the_next(
        named, names, dead):
    callee, last = named.phone(), named.phone()
    names.add("there.test", "A", "127.0.0.1")
    out = dialled(named, callee.uri + ";transport=udp")
    callee.incoming().refuse(302, "Moved Temporarily", [
        ("Contact", f"<{dead}>;q=0.9, <sip:y@there.test:{last.port}>;q=0.1")])
    asked = last.incoming()
    assert asked.request.uri.startswith("sip:y@there.test")
    hang_up(named, out, asked)


def test_a_302_whose_contacts_all_lead_nowhere_fails_the_leg(named, names):
    callee = named.phone()
    names.add("else.test", "A", "10.9.9.9")
    out = dialled(named, callee.uri + ";transport=udp")
    callee.incoming().refuse(302, "Moved Temporarily", [
        ("Contact", "<sip:x@gone.test>, <sip:y@else.test>")])
    named.over(out)
    failed = only(named.record(), "failed")
    assert failed["error"] == 64002
    assert "10.9.9.9:5060 over" in failed["error_text"]


def test_a_record_set_too_large_is_cut(named, names):
    callee = named.phone()
    names.add("_sip._udp.many.test", "SRV",
              *[(1, 0, callee.port, "a.many.test") for _ in range(30)])
    names.add("a.many.test", "A", "127.0.0.1",
              *[f"127.0.0.{n}" for n in range(100, 120)])
    out = dialled(named, "sip:bob@many.test")
    until(callee.invites, 15, "the phone rings")
    hang_up(named, out, callee.incoming())


def test_sips_goes_over_tls_to_the_servers_of_its_domain(named, names,
                                                         authority):
    """RFC 5922: the certificate is for the URI's domain, not for the server
    that SRV names."""
    certificate = authority.certificate("DNS:safe.test")
    callee = named.phone("tls", certificate=certificate)
    names.add("safe.test", "NAPTR",
              (1, 1, "s", "SIP+D2U", "_sip._udp.safe.test"),
              (9, 1, "s", "SIPS+D2T", "_sips._tcp.safe.test"))
    names.add("_sips._tcp.safe.test", "SRV",
              (0, 1, callee.port, "server.elsewhere.test"))
    names.add("server.elsewhere.test", "A", "127.0.0.1")
    out = dialled(named, "sips:bob@safe.test")
    asked = callee.incoming()
    assert "SIP/2.0/TLS" in asked.request.get("Via")
    asked.answer()
    asked.expect_ack()
    out.established()
    out.bye()
    asked.expect_bye()


@pytest.mark.parametrize("uri", ["sips:bob@plain.test",
                                 "sip:bob@plain.test;transport=tls"])
def test_tls_never_falls_back(named, names, uri):
    callee = named.phone()
    for kind in ("udp", "tcp"):
        names.add(f"_sip._{kind}.plain.test", "SRV",
                  (0, 1, callee.port, "a.plain.test"))
    names.add("plain.test", "NAPTR",
              (1, 1, "s", "SIP+D2U", "_sip._udp.plain.test"))
    names.add("plain.test", "A", "127.0.0.99")      # nobody is at port 5061
    names.add("a.plain.test", "A", "127.0.0.1")
    out = dialled(named, uri)
    named.over(out)
    failed = only(named.record(), "failed")
    assert [(a["address"], a["transport"]) for a in failed["attempts"]] == [
        ("127.0.0.99:5061", "tls")]
    assert not callee.seen
    assert not [name for name, _ in names.asked if name.endswith(
        ("_udp.plain.test", "_sip._tcp.plain.test"))]


def test_an_ipv6_address(session_app):
    callee = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    callee.bind(("::1", 0))
    callee.settimeout(10)
    port = callee.getsockname()[1]
    session_app.on("/six", document("<Response><Hangup/></Response>"))
    platform = Platform(sip_host="::1", sip_out_allow="::1/128")
    try:
        Api(platform).post("/Calls.json", {
            "To": f"sip:bob@[::1]:{port};transport=udp", "From": "alice",
            "Url": session_app.url("/six")}, 201)
        invite, peer = callee.recvfrom(65535)
        text = invite.decode()
        assert text.startswith(f"INVITE sip:bob@[::1]:{port};transport=udp ")
        assert "<sip:alice@[::1]>;tag=" in text
        assert f"\r\nContact: <sip:[::1]:{platform.sip_port}>\r\n" in text
        answer = ["SIP/2.0 486 Busy Here"] + [
            line + (";tag=1" if line.startswith("To:") else "")
            for line in text.split("\r\n") if line.startswith(
                ("Via:", "From:", "To:", "Call-ID:", "CSeq:"))]
        callee.sendto(("\r\n".join(answer) + "\r\nContent-Length: 0\r\n"
                       "\r\n").encode(), peer)
        until(lambda: callee.recv(65535).startswith(b"ACK "), 5, "the ACK")
    finally:
        platform.close()
        callee.close()


def test_name_servers_that_are_none_stop_the_start(named):
    process = named.platform.another("sipgw", dns_servers="nonsense",
                                     instance="gw7", admin_port=free_port(),
                                     sip_port=free_port())
    assert process.wait(20) != 0
    assert "VOXBUS_DNS_SERVERS" in named.platform.log_text()
