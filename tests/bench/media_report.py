"""What the media benchmark tells: lines to read, or names and values with tabs."""


class Report:
    def __init__(self, tsv):
        self.tsv, self.best = tsv, {}

    def bare(self, part, encode, decode):
        """A packet of a call is either encoded or decoded."""
        if self.tsv:
            print(f"{part} bare encode us\t{encode:.1f}\n"
                  f"{part} bare decode us\t{decode:.1f}", flush=True)
        else:
            print(f"= {part} alone: encode {encode:.1f}, decode {decode:.1f}, "
                  f"a packet {(encode + decode) / 2:.1f} us", flush=True)

    def divided(self, name, us, packets, codecs):
        """Of a packet's time: what it takes to relay it, what both codecs take
        alone, and the rest, which is transcoding's."""
        rest = us - packets - codecs
        if self.tsv:
            print(f"{name} packets us\t{packets:.2f}\n"
                  f"{name} codecs us\t{codecs:.2f}\n"
                  f"{name} transcoding over codecs\t"
                  f"{(us - packets) / codecs:.2f}", flush=True)
        else:
            print(f"= {name}: {us:.1f} us a packet = {packets:.1f} relayed + "
                  f"{codecs:.1f} both codecs alone + {rest:.1f} the rest "
                  f"(nothing is resampled): transcoding takes "
                  f"{(us - packets) / codecs:.2f} times its codecs", flush=True)

    def step(self, system, part, calls, result, good):
        if not self.tsv:
            print(f"  {system.name:9} {part:6} {calls:5} calls: "
                  f"{100 * result['core']:5.1f} % of the core, "
                  f"{result['us']:5.2f} us a packet, lost "
                  f"{100 * result['lost']:6.3f} %, delay p50 "
                  f"{result['p50_ms']:.2f} p99 {result['p99_ms']:.2f} p99.9 "
                  f"{result['p999_ms']:.2f} ms, own lateness p99 "
                  f"{result['own_p99_ms']:.2f}"
                  f"{'' if good else ': FAILED'}", flush=True)

    def siege(self, system, kind, calls, quiet, loud):
        more = 100 * (loud["core"] / quiet["core"] - 1)
        if self.tsv:
            print(f"{system.name} {kind}: CPU %\t{more:.1f}\n"
                  f"{system.name} {kind}: lost %\t{100 * loud['lost']:.3f}",
                  flush=True)
        else:
            print(f"= {system.name}: {calls} calls and 10,000/s of {kind}: "
                  f"{100 * quiet['core']:.1f} -> {100 * loud['core']:.1f} % of "
                  f"the core ({more:+.0f} %), lost {100 * loud['lost']:.3f} %, "
                  f"delay p99 {quiet['p99_ms']:.2f} -> {loud['p99_ms']:.2f} ms",
                  flush=True)

    def result(self, system, part, best, each):
        calls, result = best or (0, {"us": 0, "p99_ms": 0})
        self.best[system.name, part] = calls
        name = f"{system.name} {part}"
        if self.tsv:
            print(f"{name} calls per core\t{calls}\n"
                  f"{name} us per packet\t{result['us']:.2f}\n"
                  f"{name} KiB per call\t{each:.1f}", flush=True)
        else:
            print(f"= {name}: {calls} calls ({2 * calls} streams) on one "
                  f"core, {each:.1f} KiB a call", flush=True)
