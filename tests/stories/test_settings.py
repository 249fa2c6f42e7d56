"""What a person typed wrong is told before anything is started."""

import os
import subprocess

import pytest

from harness.platform import Platform, binary


def up_with(tmp_path, **variables):
    """voxctl up, which must end by itself; whatever it says."""
    return subprocess.run(
        [binary("voxctl"), "up"], capture_output=True, text=True, timeout=10,
        check=False, stdin=subprocess.DEVNULL, cwd=tmp_path,
        env={"PATH": os.environ["PATH"],
             "VOXBUS_DATA_DIR": str(tmp_path / "data"), **variables})


@pytest.mark.parametrize("url", ["nonsense", "app.example/voice",
                                 "ftp://app.example/", "http://"])
def test_a_voice_url_that_is_none_stops_the_start(tmp_path, url):
    done = up_with(tmp_path, VOXBUS_VOICE_URL=url)
    assert done.returncode == 2
    assert (done.stdout + done.stderr).splitlines() == [
        f'voxctl up: VOXBUS_VOICE_URL="{url}" is wrong: it must be an http:// '
        "or https:// URL with a host, or nats: and a subject, at most 4096 "
        "bytes"]
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("name, value, told", [
    ("WEBHOOK_RETRY", "5,x",
     '"5,x" is neither long nor twilio nor a list of at most 24 delays in '
     "seconds, six days in all. For example VOXBUS_WEBHOOK_RETRY=5,30,120"),
    ("NATS_APPS", "app.>,vox.>",
     "'vox' is the platform's own. For example "
     "VOXBUS_NATS_APPS=app.>,shop.desk"),
    ("NATS_APPS", "a b",
     "'a b' is no subject: write app.voice, or app.> for all below. For "
     "example VOXBUS_NATS_APPS=app.>,shop.desk"),
    ("HTTP_CA", "/nowhere/ca.pem",
     "/nowhere/ca.pem cannot be read: it must be a file of certificates "
     "(PEM), or empty. For example VOXBUS_HTTP_CA=/etc/voxbus/ca.pem"),
    ("HTTP_CA", "/",
     "/ cannot be read: it must be a file of certificates (PEM), or empty. "
     "For example VOXBUS_HTTP_CA=/etc/voxbus/ca.pem"),
    ("NATS_URL", "nats://me:s3cret@one:0",
     "number 1 is not nats://host:port. For example "
     "VOXBUS_NATS_URL=nats://127.0.0.1:4222")])
def test_what_only_a_daemon_reads_stops_the_start_too(tmp_path, name, value,
                                                      told):
    done = up_with(tmp_path, **{f"VOXBUS_{name}": value})
    assert done.returncode == 2
    assert (done.stdout + done.stderr).splitlines() == [
        f"voxctl up: VOXBUS_{name} is wrong: {told}"]
    assert not (tmp_path / "data").exists()


def test_a_misspelt_setting_is_told_once_with_the_one_that_was_meant():
    platform = Platform(voice_ulr="http://127.0.0.1:1/")
    try:
        told = [line for line in platform.log_text().splitlines()
                if "VOXBUS_VOICE_ULR" in line]
        assert told == ["voxctl up: VOXBUS_VOICE_ULR is no setting; did you "
                        "mean VOXBUS_VOICE_URL?"]
    finally:
        platform.close()
