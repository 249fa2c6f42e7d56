"""What the other stories stand on."""

from concurrent.futures import ThreadPoolExecutor

from harness import ports


def test_phones_that_are_made_at_once_get_ports_of_their_own():
    """Two softphones once got the same: the second one left at once."""
    with ThreadPoolExecutor(16) as pool:
        firsts = list(pool.map(lambda _: ports.free_ports(24), range(16)))
    given = [port for first in firsts for port in range(first, first + 24)]
    assert len(given) == len(set(given))


def test_a_port_comes_again_only_after_all_the_others():
    """Where many had been given, one was given twice in a row now and then."""
    some = ports.Range(ports.LOWEST, ports.HIGHEST)
    first = [some.take(2) for _ in range(200)]
    assert len(set(first)) == 200


def test_a_block_that_is_held_is_not_given_again():
    blocks = ports.Range(ports.RTP_LOWEST, ports.RTP_HIGHEST)
    held = blocks.take(400, hold=True)
    others = [blocks.take(400) for _ in range(20)]
    assert all(abs(other - held) >= 400 for other in others)
    blocks.give_back(held, 400)
    again = [blocks.take(400) for _ in range(40)]
    assert any(abs(other - held) < 400 for other in again)
