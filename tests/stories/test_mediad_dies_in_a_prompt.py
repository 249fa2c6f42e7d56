"""kill -9 of mediad while somebody hears a prompt: the document goes on."""

import time

import pytest

from harness.app import document
from harness.wait import until
from test_verbs_of_sound import (OTHER, TONE, asked_for, call, hears, menu, press,
                                 serve)

PROMPTS = {
    "Play": "<Play>{tone}</Play>",
    "Say": "<Say>one two three four</Say>",
    "Gather": '<Gather timeout="1"><Play>{tone}</Play></Gather>',
}


@pytest.mark.parametrize("name", PROMPTS)
def test_what_comes_after_the_prompt_is_heard(hard_world, tmp_path, name):
    world = hard_world
    prompt = PROMPTS[name].format(tone=serve(world, tmp_path, seconds=1.2))
    then = serve(world, tmp_path, OTHER)
    out = call(world, f"<Response>{prompt}<Play>{then}</Play></Response>")
    until(lambda: out.rtp.heard()[1] > 0.01, 10, "the prompt is heard")
    world.platform.kill("mediad")
    played = until(lambda: world.said("played"), 15, "the prompt is over")[0]
    hears(out, OTHER, world.moment(played))
    out.expect_bye()
    assert not world.notes(world.record())
    assert len(world.said("played")) == 2


def test_a_key_after_the_death_is_heard_by_the_gather(hard_world, tmp_path):
    world = hard_world
    url = serve(world, tmp_path, seconds=20.0)
    out = call(world, menu(world, f"<Play>{url}</Play>"))
    hears(out, TONE)
    world.platform.kill("mediad")
    hears(out, TONE, time.monotonic())
    press(out, "7", "#")
    asked_for(world, "menu", Digits="7")
    out.expect_bye()


def test_a_prompt_that_ends_as_mediad_dies_is_not_waited_for(hard_world,
                                                             tmp_path):
    """Four times, a little later each: before, at and after its last sound."""
    world = hard_world
    url = serve(world, tmp_path, seconds=0.6)
    world.app.on(world.path("next"), document("<Response/>"))
    for step in range(4):
        out = call(world, f"<Response><Play>{url}</Play></Response>")
        hears(out, TONE)
        time.sleep(0.1 * step)
        world.platform.kill("mediad")
        out.expect_bye(15)
        world.record()
