"""Tones: made, coded as mu-law, and measured."""

import array
import math
import wave

RATE = 8000


def _encode(sample):
    """One linear sample as mu-law (ITU-T G.711)."""
    sign = 0x80 if sample < 0 else 0
    magnitude = min(abs(sample), 32635) + 132
    exponent = max(magnitude.bit_length() - 8, 0)
    return ~(sign | exponent << 4 | magnitude >> exponent + 3 & 15) & 0xff


def _decode(byte):
    byte = ~byte & 0xff
    magnitude = ((byte & 15) << 3) + 132 << (byte >> 4 & 7)
    return 132 - magnitude if byte & 0x80 else magnitude - 132


_CODES = [_encode(sample) for sample in range(-32768, 32768)]
_SAMPLES = [_decode(byte) for byte in range(256)]


def tone(hertz, seconds, level=0.5, rate=RATE):
    """Linear samples of a sine."""
    return [int(32767 * level * math.sin(2 * math.pi * hertz * n / rate))
            for n in range(int(seconds * rate))]


def to_mulaw(samples):
    return bytes(_CODES[sample + 32768] for sample in samples)


def from_mulaw(data):
    return [_SAMPLES[byte] for byte in data]


def write_wav(path, samples, rate=RATE, channels=1):
    """The same samples on every channel."""
    if channels > 1:
        samples = [sample for sample in samples for _ in range(channels)]
    with wave.open(path, "wb") as file:
        file.setparams((channels, 2, rate, 0, "NONE", ""))
        file.writeframes(array.array("h", samples).tobytes())


def read_wav(path):
    """Samples of the first channel, and the rate; copes with an unfinished file."""
    with wave.open(path, "rb") as file:
        channels, width, rate = file.getparams()[:3]
        data = file.readframes(1 << 30)
    assert width == 2, f"{path}: {8 * width} bits a sample"
    samples = array.array("h", data[:len(data) // 2 * 2])
    return samples[::channels], rate


def measure(samples, rate=RATE):
    """(hertz, level) of the loud part: level is RMS, 1.0 the loudest square."""
    window = rate // 50
    loud = [samples[at:at + window]
            for at in range(0, len(samples) - window + 1, window)
            if max(map(abs, samples[at:at + window])) > 1000]
    if len(loud) < 10:
        return 0.0, 0.0
    # The ends may be cut; inside, rising crossings of zero are counted with
    # their place between two samples, so that half a second is exact to 1 %.
    flat = [value for part in loud[2:-2] for value in part]
    crossings = [n + flat[n] / (flat[n] - flat[n + 1])
                 for n in range(len(flat) - 1) if flat[n] < 0 <= flat[n + 1]]
    if len(crossings) < 3:
        return 0.0, 0.0
    periods = sorted(b - a for a, b in zip(crossings, crossings[1:]))
    hertz = rate / periods[len(periods) // 2]
    level = math.sqrt(sum(value * value for value in flat) / len(flat)) / 32768
    return hertz, level


def steady(samples, rate=RATE, level=0.5):
    """(hertz, dB against a tone of 'level') of a tone that goes on and on.

    The middle one of all windows of 20 ms: what a loss or a beginning does to a
    few of them does not count.
    """
    window = rate // 50
    powers = sorted(
        sum(value * value for value in samples[at:at + window]) / window
        for at in range(0, len(samples) - window + 1, window))
    hertz = measure(samples, rate)[0]
    if not hertz:
        return 0.0, -99.0
    power = powers[len(powers) // 2]
    return hertz, 10 * math.log10(power / (32767 * level) ** 2 * 2)
