"""DTLS-SRTP and a mediad that dies: the handshake is not held again, and yet
both go on hearing each other."""

from conftest import platform_with, world_of
from harness.wait import until

# Callees are offered DTLS, and nothing else.
dtls_platform = platform_with(nats=True, media_secure="dtls")
world = world_of("dtls_platform")


def hears_anew(phone, hertz, before):
    """In two seconds that were not there yet."""
    return phone.heard_seconds() > before + 2 and phone.hears(hertz, before)


def hear(caller, callee):
    before = caller.heard_seconds(), callee.heard_seconds()
    until(lambda: hears_anew(caller, 440, before[0]) and
          hears_anew(callee, 1000, before[1]), 20,
          lambda: f"both tones; heard {caller.heard()}, {callee.heard()}, "
          f"{before} s before")


def changes(world):
    return sum(message["type"] == "leg_changed" and "error" not in message
               for message in world.platform.record(world.call_sid()))


def die(world):
    before = world.platform.kill("mediad")
    world.platform.wait_for_restart("mediad", before)


def connected(world, softphones):
    callee = softphones("callee", 440, encryption="dtls_srtp")
    caller = softphones("caller", 1000, answers=False, encryption="dtls_srtp")
    world.answers(world.dial(None, uri=f"{callee.uri};transport=udp"))
    caller.dial(f"sip:100@{world.platform.sip}")
    caller.wait_for("CALL_ESTABLISHED")
    callee.wait_for("CALL_ESTABLISHED")
    hear(caller, callee)
    return caller, callee


def finish(world, caller, callee):
    callee.hang_up()
    caller.wait_for("CALL_CLOSED")
    record = world.record()
    assert not world.notes(record)
    used = [leg["secure"] for message in record
            if message["type"] == "leg_closed" for leg in message["legs"]]
    assert [name.split()[0] for name in used] == ["DTLS", "DTLS"]
    return record


def test_mediad_dies_twice_and_two_baresips_hear_each_other_again(world,
                                                                  softphones):
    caller, callee = connected(world, softphones)
    die(world)
    hear(caller, callee)
    die(world)
    hear(caller, callee)
    record = finish(world, caller, callee)
    keyed = [m for m in record if m["type"] == "leg_keyed"]
    assert len(keyed) == 2, "one for each leg, and none after the restart"


def test_hold_and_resume_after_mediads_death_keep_the_keys(world, softphones):
    """baresip records no more once it was on hold: the other one tells."""
    caller, callee = connected(world, softphones)
    die(world)
    hear(caller, callee)
    for count, command in enumerate(("hold", "resume"), 1):
        caller.command(command)
        until(lambda: changes(world) >= count, 10, command)
    before = callee.heard_seconds()
    until(lambda: hears_anew(callee, 1000, before), 20,
          lambda: f"the tone; heard {callee.heard()}")
    metrics = world.platform.metrics("mediad")
    assert not sum(value for name, value in metrics.items()
                   if name.startswith("vox_dtls_handshakes_total"))
    finish(world, caller, callee)
