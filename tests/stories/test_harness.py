"""What the other stories stand on."""

from concurrent.futures import ThreadPoolExecutor

from harness import ports


def test_phones_that_are_made_at_once_get_ports_of_their_own():
    """Two softphones once got the same: the second one left at once."""
    with ThreadPoolExecutor(16) as pool:
        firsts = list(pool.map(lambda _: ports.free_ports(24), range(16)))
    given = [port for first in firsts for port in range(first, first + 24)]
    for first in firsts:
        ports.give_back(first, 24)
    assert len(given) == len(set(given))
