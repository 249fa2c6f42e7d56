"""Certificates of a story: an authority of its own, made with openssl."""

import datetime
import os
import ssl
import subprocess

from . import folders

CONFIG = """\
[ca]
default_ca = story
[story]
database = {folder}/index
new_certs_dir = {folder}
rand_serial = yes
unique_subject = no
default_md = sha256
policy = any
[any]
commonName = supplied
"""


class Authority:
    """A CA; 'path' is its certificate."""

    def __init__(self, name="Story CA"):
        self.folder = folders.make("ca")
        self.path = self._at("ca.pem")
        self._run("req", "-x509", *self._key("ca"), "-days", "30", "-out",
                  self.path, "-subj", f"/CN={name}", "-addext",
                  "basicConstraints=critical,CA:TRUE")
        self._write("config", CONFIG.format(folder=self.folder))
        self._write("index", "")
        self._count = 0

    def _at(self, name):
        return os.path.join(self.folder, name)

    def _write(self, name, text):
        with open(self._at(name), "w", encoding="utf-8") as file:
            file.write(text)

    def _key(self, name):
        return ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                "-nodes", "-keyout", self._at(f"{name}.key"))

    @staticmethod
    def _run(*words):
        done = subprocess.run(["openssl", *words], capture_output=True,
                              text=True, check=False)
        assert done.returncode == 0, done.stderr

    def certificate(self, names="DNS:localhost,IP:127.0.0.1", begins=-1,
                    ends=30):
        """For these alternative names, from and to so many days from now."""
        self._count += 1
        name = f"cert{self._count}"
        now = datetime.datetime.now(datetime.timezone.utc)
        begin, end = [(now + datetime.timedelta(days=days)).strftime(
            "%Y%m%d%H%M%SZ") for days in (begins, ends)]
        self._write("ext", f"subjectAltName={names}\n")
        self._run("req", "-new", *self._key(name), "-out", self._at("csr"),
                  "-subj", "/CN=story")
        self._run("ca", "-batch", "-notext", "-config", self._at("config"),
                  "-cert", self.path, "-keyfile", self._at("ca.key"), "-in",
                  self._at("csr"), "-extfile", self._at("ext"), "-startdate",
                  begin, "-enddate", end, "-out", self._at(f"{name}.pem"))
        return Certificate(self, self._at(f"{name}.pem"),
                           self._at(f"{name}.key"))


class Certificate:
    """A certificate and its key, in files, and what a phone makes of them."""

    def __init__(self, authority, path, key):
        self.authority, self.path, self.key = authority, path, key
        self.server_names = []      # SNI of those who called
        self.asks = None            # the authority whose certificates a
                                    # caller must have

    @property
    def both(self):
        """One file with key and certificate, as baresip wants them."""
        path = self.path + ".both"
        with open(path, "wb") as to:
            for part in (self.key, self.path):
                with open(part, "rb") as file:
                    to.write(file.read())
        return path

    def server(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.path, self.key)
        context.sni_callback = lambda link, name, _: \
            self.server_names.append(name)
        if self.asks:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(self.asks.path)
        return context

    def client(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(self.authority.path)
        return context


def local(phone, word=";transport=tls"):
    """The phone's URI by the name that its certificate has."""
    return f"sip:{phone.user}@localhost:{phone.port}{word}"
