"""Digest credentials: of <Sip username password>, and of callers."""

import hashlib
import json

import pytest

from conftest import world_of
from harness import digest
from harness.app import document
from harness.platform import Platform
from harness.wait import until

USER = ' username="alice" password="wonder land"'
HEADERS = {401: ("WWW-Authenticate", "Authorization"),
           407: ("Proxy-Authenticate", "Proxy-Authorization")}


def challenge(status, words, asked, more=()):
    """The callee asks for credentials; the next INVITE of the same call."""
    header, answer = HEADERS[status]
    again = asked.challenge(status, "Who Are You",
                            [(header, word) for word in words] + list(more))
    assert again.request.cseq[0] == asked.request.cseq[0] + 1
    assert again.request.branch != asked.request.branch
    assert digest.is_right(again.request, answer, "alice", "wonder land")
    return again


def connect(out, asked):
    asked.answer()
    ack = asked.expect_ack()
    while ack.cseq[0] != asked.request.cseq[0]:
        ack = asked.expect_ack()        # the challenge's, once more
    out.established()
    return ack


def start(world, **dialled):
    caller, callee = world.phone(), world.phone()
    world.answers(world.dial(callee, sip=USER, **dialled))
    return caller.call(world.platform.sip), callee


@pytest.mark.parametrize("status", [401, 407])
@pytest.mark.parametrize("rest", [
    "", ', qop="auth"', ', algorithm=MD5, qop="auth,auth-int", opaque="o=1"',
    ', algorithm=SHA-256, qop="auth"', ', qop="auth-int"',
    ', algorithm=MD5-sess, qop="auth"',
    ', algorithm=SHA-256-sess, qop="auth-int"'])
def test_username_and_password_answer_the_callee(world, status, rest):
    out, callee = start(world)
    asked = challenge(status, [f'Digest realm="r", nonce="abc"{rest}'],
                      callee.incoming())
    params = digest.parse(asked.request.get(HEADERS[status][1]))
    assert params["uri"] == asked.request.uri
    assert params.get("opaque") == ("o=1" if "opaque" in rest else None)
    if "qop" in rest:
        assert params["nc"] == "00000001" and params["cnonce"]
        assert params["qop"] == ("auth" if '"auth' in rest and
                                 'auth-int"' not in rest or "auth," in rest
                                 else "auth-int")
    ack = connect(out, asked)
    assert ack.get(HEADERS[status][1]) == \
        asked.request.get(HEADERS[status][1])
    out.bye()
    asked.expect_bye()


def test_of_several_algorithms_the_best_is_answered(world):
    out, callee = start(world)
    asked = challenge(401, [
        'Digest realm="r", nonce="1"',
        'Digest realm="r", nonce="2", algorithm=SHA-256, qop="auth"',
        'Digest realm="r", nonce="3", algorithm=TOMORROW, qop="auth"'],
        callee.incoming())
    params = digest.parse(asked.request.get("Authorization"))
    assert (params["nonce"], params["algorithm"]) == ("2", "SHA-256")
    assert len(asked.request.all("Authorization")) == 1
    connect(out, asked)
    out.bye()


def test_a_stale_nonce_is_no_wrong_password(world):
    out, callee = start(world)
    asked = challenge(401, ['Digest realm="r", nonce="1", qop="auth"'],
                      callee.incoming())
    asked = challenge(401, ['Digest realm="r", nonce="2", qop="auth", '
                            'stale=true'], asked)
    assert digest.parse(asked.request.get("Authorization"))["nonce"] == "2"
    connect(out, asked)
    out.bye()


def test_proxy_and_callee_one_after_the_other(world):
    """RFC 3261 22.3: the answer to the proxy stays."""
    out, callee = start(world)
    asked = challenge(407, ['Digest realm="p", nonce="1", qop="auth"'],
                      callee.incoming())
    asked = challenge(401, ['Digest realm="r", nonce="2", qop="auth"'],
                      asked)
    proxy = digest.parse(asked.request.get("Proxy-Authorization"))
    assert (proxy["nonce"], proxy["nc"]) == ("1", "00000002")
    assert digest.is_right(asked.request, "Proxy-Authorization", "alice",
                           "wonder land")
    connect(out, asked)
    out.bye()


def test_proxy_and_callee_at_once(world):
    out, callee = start(world)
    asked = challenge(407, ['Digest realm="p", nonce="1"'],
                      callee.incoming(),
                      [("WWW-Authenticate", 'Digest realm="r", nonce="2"')])
    assert digest.is_right(asked.request, "Authorization", "alice",
                           "wonder land")
    connect(out, asked)
    out.bye()


def test_a_wrong_password_fails_with_its_error(world):
    out, callee = start(world)
    word = 'Digest realm="r", nonce="1", qop="auth"'
    asked = challenge(401, [word], callee.incoming())
    asked.respond(401, "No", [("WWW-Authenticate", word)])
    asked.expect_ack()
    world.action(DialCallStatus="failed", DialSipResponseCode="401")
    world.over(out)
    failed = [message for message in world.record()
              if message["type"] == "failed"][0]
    assert (failed["status"], failed["error"]) == (401, 64014)
    assert callee.invites() == 2


def test_without_a_username_the_challenge_is_the_outcome(world):
    caller, callee = world.phone(), world.phone()
    world.answers(world.dial(callee))
    out = caller.call(world.platform.sip)
    asked = callee.incoming()
    asked.respond(401, "Who", [("WWW-Authenticate",
                                'Digest realm="r", nonce="1"')])
    asked.expect_ack()
    world.action(DialCallStatus="failed", DialSipResponseCode="401")
    world.over(out)
    assert callee.invites() == 1


def challenged_bye(asked, word, status=401):
    """From now on each BYE without an answer to 'word' is challenged."""
    take, nonce = asked.take, digest.parse(word)["nonce"]
    header, answer = HEADERS[status]

    def other(message):
        proof = message.get(answer)
        if message.method == "BYE" and (
                not proof or digest.parse(proof)["nonce"] != nonce):
            asked.phone.reply(message, status, "Again", [(header, word)],
                              to=asked.local)
        else:
            take(message)
    asked.take = other


@pytest.mark.parametrize("status", [401, 407])
def test_a_challenged_bye_is_sent_again(world, status):
    out, callee = start(world)
    asked = challenge(401, ['Digest realm="r", nonce="1", qop="auth"'],
                      callee.incoming())
    connect(out, asked)
    challenged_bye(asked, 'Digest realm="r", nonce="2", qop="auth"', status)
    out.bye()
    bye = asked.expect_bye()
    assert digest.is_right(bye, HEADERS[status][1], "alice", "wonder land")
    assert digest.parse(bye.get(HEADERS[status][1]))["nonce"] == "2"
    assert bye.uri == digest.parse(bye.get(HEADERS[status][1]))["uri"]


def test_a_challenged_bye_after_a_restart(hard_world):
    world = hard_world
    out, callee = start(world)
    asked = challenge(401, ['Digest realm="r", nonce="1", qop="auth"'],
                      callee.incoming())
    connect(out, asked)
    world.platform.kill("sipgw")
    challenged_bye(asked, 'Digest realm="r", nonce="2", qop="auth"')
    out.bye()
    bye = asked.expect_bye(20)
    assert digest.is_right(bye, "Authorization", "alice", "wonder land")


def test_a_challenged_prack_is_sent_again(world):
    """RFC 3262: a proxy may ask for credentials of it as of any request."""
    out, callee = start(world)
    asked = challenge(401, ['Digest realm="r", nonce="1", qop="auth"'],
                      callee.incoming())
    take, word = asked.take, 'Digest realm="r", nonce="2", qop="auth"'
    pracks = []

    def other(message):
        if message.method == "PRACK":
            pracks.append(message)
            proof = digest.parse(message.get("Authorization"))
            if proof["nonce"] == "1":
                callee.reply(message, 401, "Again",
                             [("WWW-Authenticate", word)], to=asked.local)
                return
        take(message)
    asked.take = other
    asked.respond(183, "Session Progress", [("Require", "100rel"),
                                            ("RSeq", "7")])
    prack = asked.expect_request("PRACK")
    first = asked.request.cseq[0]
    assert prack.get("RAck") == f"7 {first} INVITE"
    assert digest.is_right(prack, "Authorization", "alice", "wonder land")
    assert digest.parse(prack.get("Authorization"))["uri"] == prack.uri
    assert prack.cseq[0] > pracks[0].cseq[0]
    connect(out, asked)
    out.bye()
    asked.expect_bye()


# --- callers ---------------------------------------------------------------

REALM = "voice.test"


def put(platform, key, record):
    kind, _, word = key.partition(".")
    platform.nats().publish(f"$KV.config.{kind}.{word.encode().hex()}",
                            json.dumps(record).encode())


def credential(user, password, account="ACof-bob", realm=REALM):
    text = f"{user}:{realm}:{password}".encode()
    return {"user": user, "account_sid": account, "realm": realm,
            "ha1_md5": hashlib.md5(text).hexdigest(),
            "ha1_sha256": hashlib.sha256(text).hexdigest()}


@pytest.fixture(scope="module")
def guarded_platform(session_app):
    platform = Platform(voice_url=session_app.url("/voice"),
                        sip_allow="127.0.0.1/32", log_level="debug")
    put(platform, "credential.bob", credential("bob", "builder"))
    put(platform, "credential.eve", credential("eve", "apple", "ACof-eve"))
    yield platform
    platform.close()


guarded = world_of("guarded_platform")


def challenges_of(world, host, transport="udp"):
    """A stranger's phone, and what it is asked."""
    phone = world.phone(transport, host=host)

    def asked():
        answer = phone.call(world.platform.sip).final("INVITE")
        return answer if answer.status == 401 else None
    answer = until(asked, 10, "credentials are asked for")
    return phone, answer.all("WWW-Authenticate")


def call_with(world, phone, word, user="bob", password="builder", count=1,
              to="100", uri=None):
    where = f"sip:{to}@{world.platform.sip}"
    value = digest.answer(word, "INVITE", uri or where, user, password, count)
    return phone.call(world.platform.sip, to,
                      headers=[("Authorization", value)])


@pytest.mark.parametrize("number, algorithm", [(0, "SHA-256"), (1, "MD5")])
def test_a_stranger_shows_credentials_and_calls(guarded, number, algorithm):
    phone, words = challenges_of(guarded, "127.0.0.10")
    params = digest.parse(words[number])
    assert (params["algorithm"], params["realm"], params["qop"]) == (
        algorithm, REALM, "auth")
    guarded.answers('<Response><Reject reason="busy"/></Response>')
    call_with(guarded, phone, words[number]).expect(486)
    asked = guarded.app.wait_for("/voice")
    assert asked.params["AccountSid"] == "ACof-bob"


def test_a_stranger_talks_over_tcp(guarded):
    phone, words = challenges_of(guarded, "127.0.0.11", "tcp")
    callee = guarded.phone()
    guarded.answers(guarded.dial(callee))
    out = call_with(guarded, phone, words[0])
    asked = guarded.taken(callee, out)
    out.bye()
    out.expect_bye_done()
    asked.expect_bye()


def test_the_same_count_does_not_serve_twice(guarded):
    phone, words = challenges_of(guarded, "127.0.0.12")
    guarded.answers('<Response><Reject reason="busy"/></Response>')
    call_with(guarded, phone, words[0]).expect(486)
    again = call_with(guarded, phone, words[0]).expect(401)
    assert "stale=true" in again.get("WWW-Authenticate")
    call_with(guarded, phone, words[0], count=2).expect(486)
    fresh = again.get("WWW-Authenticate")
    call_with(guarded, phone, fresh).expect(486)


def test_a_nonce_is_for_its_source(guarded):
    _, words = challenges_of(guarded, "127.0.0.13")
    thief = guarded.phone(host="127.0.0.14")
    again = call_with(guarded, thief, words[0]).expect(401)
    assert "stale=true" in again.get("WWW-Authenticate")


@pytest.mark.parametrize("user, password, uri", [
    ("bob", "wrong", None), ("nobody", "builder", None), ("eve", "builder", None),
    ("bob", "builder", "sip:900@127.0.0.1")])
def test_what_is_wrong_is_asked_again_in_the_same_words(guarded, user, password,
                                                        uri):
    phone, words = challenges_of(guarded, "127.0.0.15")
    answer = call_with(guarded, phone, words[0], user, password,
                       uri=uri).expect(401)
    assert answer.phrase == "Unauthorized"
    for word in answer.all("WWW-Authenticate"):
        assert "stale" not in word
    assert not guarded.app.got("/voice")


def test_who_guesses_passwords_is_not_heard(guarded):
    phone, words = challenges_of(guarded, "127.0.0.16")
    statuses = [call_with(guarded, phone, words[0], password=f"guess {n}")
                .final("INVITE").status for n in range(12)]
    assert statuses[:10] == [401] * 10
    assert statuses[-1] == 403
    # The right one comes too late, and others are heard.
    call_with(guarded, phone, words[0]).expect(403)
    other, words = challenges_of(guarded, "127.0.0.17")
    guarded.answers('<Response><Reject reason="busy"/></Response>')
    call_with(guarded, other, words[0]).expect(486)


def test_a_credential_that_is_withdrawn_serves_no_longer(guarded):
    put(guarded.platform, "credential.carol", credential("carol", "c"))
    phone, words = challenges_of(guarded, "127.0.0.18")
    guarded.answers('<Response><Reject reason="busy"/></Response>')

    def works():
        word = call_with(guarded, phone, words[0], "nobody", "x").expect(401)
        return call_with(guarded, phone, word.get("WWW-Authenticate"), "carol",
                         "c").final("INVITE").status == 486
    until(works, 5, "carol may call")
    put(guarded.platform, "credential.carol", credential("carol", "other"))
    until(lambda: not works(), 5, "carol's password is another one")


def test_a_number_has_its_document_dialect_and_account(guarded):
    """number_config decides for callers of VOXBUS_SIP_ALLOW too."""
    page = guarded.path("number")
    guarded.app.on(page, document(
        '<Response><Reject reason="busy"/></Response>'))
    put(guarded.platform, "number.+4930", {
        "number": "+4930", "sid": "PN" + "1" * 32, "account_sid": "ACof-bob",
        "voice_url": guarded.url("number"), "voice_method": "GET",
        "dialect": "restcomm"})
    caller = guarded.phone()
    guarded.answers("<Response><Reject/></Response>")

    def called():
        caller.call(guarded.platform.sip, "%2B4930").final("INVITE")
        return guarded.app.got(page)
    asked = until(called, 10, "the number's own document")[0]
    assert asked.method == "GET"
    assert asked.params["AccountSid"] == "ACof-bob"
    assert asked.params["ApiVersion"] == "2012-04-24"
    # Who calls in as another account does not reach it; its own does.
    phone, words = challenges_of(guarded, "127.0.0.19")
    call_with(guarded, phone, words[0], "eve", "apple",
              to="+4930").expect(403)
    call_with(guarded, phone, words[0], to="+4930", count=2).expect(486)


def test_a_suspended_account_takes_no_calls(guarded):
    put(guarded.platform, "credential.dan", credential("dan", "d", "ACof-dan"))
    guarded.platform.nats().publish(
        "$KV.config.account.ACof-dan",
        json.dumps({"account_sid": "ACof-dan", "suspended": True}).encode())
    phone, words = challenges_of(guarded, "127.0.0.20")

    def refused():
        word = call_with(guarded, phone, words[0], "nobody", "x").expect(401)
        return call_with(guarded, phone, word.get("WWW-Authenticate"), "dan",
                         "d").final("INVITE").status == 403
    until(refused, 5, "dan may not call")
    assert not guarded.app.got("/voice")


FRANKS = "AC" + "f4" * 16


def test_a_digest_user_that_voxctl_made(guarded):
    guarded.platform.voxctl("config", "set", "credential", "frank",
                            "password=secret", f"realm={REALM}",
                            f"account_sid={FRANKS}")
    phone, words = challenges_of(guarded, "127.0.0.21")
    guarded.answers('<Response><Reject reason="busy"/></Response>')

    def works():
        word = call_with(guarded, phone, words[0], "nobody", "x").expect(401)
        return call_with(guarded, phone, word.get("WWW-Authenticate"), "frank",
                         "secret").final("INVITE").status == 486
    until(works, 5, "frank may call")
    assert guarded.app.wait_for("/voice").params["AccountSid"] == FRANKS
