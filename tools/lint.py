#!/usr/bin/python3
"""Holds the rules of docs/style.md, as far as a script can.

    tools/lint.py             everything
    tools/lint.py layers …    only these checks
"""

import concurrent.futures
import json
import os
import re
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
FUNCTION_MAX, FILE_MAX = 100, 800
LARGEST_SHOWN = 20

# --- who may include whom ---------------------------------------------------
# A folder's files may include these folders of ours; its own always.
LAYERS = {
    "lib/base": [],
    "proto": ["lib/base"],
    "lib/test": ["lib/base", "proto", "lib/runtime"],
    "lib/runtime": ["lib/base", "proto"],
    "lib/http": ["lib/base", "proto", "lib/runtime"],
    "lib/markup": ["lib/base", "proto"],
    "services/fetcher": ["lib/base", "proto", "lib/runtime", "lib/http"],
    "services/callbackd": ["lib/base", "proto", "lib/runtime", "lib/http"],
    "services/interpreter": ["lib/base", "proto", "lib/runtime", "lib/markup"],
    "services/sipgw": ["lib/base", "proto", "lib/runtime"],
    "services/mediad": ["lib/base", "proto", "lib/runtime", "lib/http"],
    "modules/g729": ["services/mediad"],
    "services/apid": ["lib/base", "proto", "lib/runtime", "lib/markup"],
    "tools/voxctl": ["lib/base", "proto", "lib/runtime", "lib/http",
                     "lib/markup", "services/interpreter"],
}
# A foreign library's headers, and the one file or folder that may use them.
FOREIGN = {
    r"sofia-sip/": ["services/sipgw/"],
    r"ares": ["services/sipgw/"],
    r"libxml/": ["lib/markup/document.c"],
    r"microhttpd\.h": ["lib/runtime/httpd"],
    r"jansson\.h": ["proto/mask_message.c", "proto/scan_test.c",
                    "proto/decode_fuzz.c"],
    r"curl/": ["lib/http/"],
    r"sqlite3\.h": ["services/apid/store_private.h"],
    r"spandsp": ["services/mediad/codec/ops_g722.c",
                 "services/mediad/digits/"],
    r"opus/": ["services/mediad/codec/ops_opus.c"],
    r"speex/": ["services/mediad/codec/resampler.c"],
    r"bcg729/": ["modules/g729/"],
    r"srtp2/": ["services/mediad/secure/seal_libsrtp_test.c"],
    r"sndfile\.h": ["services/mediad/sound/"],
    r"openssl/": ["lib/base/digest.c", "services/sipgw/", "services/mediad/"],
}

# --- words that code may not have (comments and texts taken out) -------------
WORDS = [
    (r"\b(u|nano)?sleep\s*\(", "wait on the loop, not in it"),
    (r"\b(v?sprintf|strcpy|strcat|atoi|atol|gets|strtok)\s*\(",
     "unbounded or unchecked: snprintf, str_copy, str_to_int"),
    (r"^\s*#\s*if\s+0\b", "git keeps what is gone"),
    (r"^\s*extern\b(?!\s*\"C\")", "declare it in a header"),
]
# sofia's own parsers of SDP and multipart hang or abort on small messages.
SOFIA_PARSERS = re.compile(r"\b(sdp_parse|msg_multipart_parse)\s*\(")
PTHREAD = re.compile(r"\bpthread_\w+\s*\(")
MARKS = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")


def tracked(*suffixes):
    """Files of the tree, new ones included."""
    out = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"],
                         cwd=ROOT, capture_output=True, text=True, check=False)
    names = out.stdout.split("\n") if out.returncode == 0 else [
        os.path.relpath(os.path.join(folder, name), ROOT)
        for folder, _, files in os.walk(ROOT) for name in files
        if "/build" not in folder and "/.git" not in folder]
    return sorted(name for name in names if name.endswith(suffixes) and
                  os.path.exists(os.path.join(ROOT, name)))


def read(name):
    with open(os.path.join(ROOT, name), encoding="utf-8") as file:
        return file.read()


def folder_of(name):
    return "/".join(name.split("/")[:1 if name.startswith("proto/") else 2])


def check_layers():
    found = []
    for name in tracked(".c", ".h"):
        home = folder_of(name)
        if home not in LAYERS:
            continue
        allowed = [*LAYERS[home], home]
        if re.search(r"_(test|fuzz)\.[ch]$", name):
            allowed = [*allowed, "lib/test"]
        for line, text in enumerate(read(name).split("\n"), 1):
            ours = re.match(r'\s*#\s*include\s+"([^"]+)"', text)
            theirs = re.match(r"\s*#\s*include\s+<([^>]+)>", text)
            if ours and folder_of(ours.group(1)) not in allowed:
                found.append(f"{name}:{line}: {home} may not include "
                             f"{ours.group(1)}")
            if theirs:
                found += foreign(name, line, theirs.group(1))
    return found


def foreign(name, line, header):
    return [f"{name}:{line}: only {' or '.join(homes)} may include <{header}>"
            for pattern, homes in FOREIGN.items()
            if re.match(pattern, header) and
            not any(name.startswith(home) for home in homes)]


def check_sizes():
    found, functions = [], []
    files = tracked(".c", ".h", ".def", ".py", ".mjs", ".sh", ".mk")
    for name in files:
        lines = read(name).count("\n")
        if lines > FILE_MAX:
            found.append(f"{name}: {lines} lines; at most {FILE_MAX}")
    sources = [name for name in files if name.endswith((".c", ".h", ".py"))]
    out = subprocess.run(
        ["ctags", "--output-format=json", "--fields=+ne", "--c-kinds=f",
         "--python-kinds=fm", "-f", "-", *sources], cwd=ROOT,
        capture_output=True, text=True, check=True)
    for line in out.stdout.splitlines():
        tag = json.loads(line)
        if "end" in tag:
            functions.append((tag["end"] - tag["line"] + 1, tag["path"],
                              tag["line"], tag["name"]))
    functions.sort(reverse=True)
    if "--largest" in sys.argv:
        for lines, path, line, name in functions[:LARGEST_SHOWN]:
            print(f"    {lines:4} lines  {path}:{line} {name}")
    return found + [
        f"{path}:{line}: {name} has {lines} lines; at most {FUNCTION_MAX}"
        for lines, path, line, name in functions if lines > FUNCTION_MAX]


def without_comments(text):
    """Code alone: comments and texts blanked, lines kept."""
    def blank(match):
        return re.sub(r"[^\n]", " ", match.group(0))
    return re.sub(r'/\*.*?\*/|"(?:\\.|[^"\\\n])*"', blank, text, flags=re.S)


def check_words():
    found = []
    for name in tracked(".c", ".h"):
        whole = read(name)
        for line, text in enumerate(without_comments(whole).split("\n"), 1):
            if name.endswith(".c"):
                found += [f"{name}:{line}: '{text.strip()[:50]}': {why}"
                          for pattern, why in WORDS
                          if re.search(pattern, text)]
            if SOFIA_PARSERS.search(text) and \
                    name.startswith("services/sipgw/"):
                found.append(f"{name}:{line}: hangs or aborts on bad input")
            if PTHREAD.search(text) and not name.startswith("lib/runtime/"):
                found.append(f"{name}:{line}: threads belong to lib/runtime")
            if "//" in text:
                found.append(f"{name}:{line}: write /* */ comments")
    for name in tracked(".c", ".h", ".def", ".mk", ".sh", ".yml"):
        found += [f"{name}:{line}: do it, or file an issue: {text.strip()[:60]}"
                  for line, text in enumerate(read(name).split("\n"), 1)
                  if MARKS.search(text)]
    return found


def check_heads():
    """Each C file says at its top why it exists."""
    return [f"{name}:1: begin with a comment that says why the file exists"
            for name in tracked(".c", ".h")
            if not re.match(r"/\*\n \* " + re.escape(os.path.basename(name)) +
                            r" - ", read(name))]


def in_parallel(command, names, size=8):
    """Runs a checker on the files, some at a time; returns its complaints."""
    parts = [names[at:at + size] for at in range(0, len(names), size)]

    def run(part):
        done = subprocess.run([*command, *part], cwd=ROOT, text=True,
                              capture_output=True, check=False)
        return (done.stdout + done.stderr).splitlines() \
            if done.returncode else []
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        return [line for lines in pool.map(run, parts) for line in lines]


def check_format():
    lines = in_parallel(["clang-format", "--dry-run", "-Werror"],
                        tracked(".c", ".h"))
    names = [line.split(":")[0] for line in lines if "error:" in line]
    return [f"{name}: not as clang-format writes it; make format"
            for name in sorted(set(names))]


def check_cppcheck():
    return in_parallel(
        ["cppcheck", "--quiet", "--enable=warning,portability",
         "--inline-suppr", "--error-exitcode=1", "--std=c11", "-I.",
         "--suppress=missingIncludeSystem", "--suppress=unknownMacro",
         "--suppress=preprocessorErrorDirective", "--max-configs=1"],
        [name for name in tracked(".c") if not name.endswith("_test.c")])


def check_scripts():
    found = []
    for name in tracked(".py"):
        try:
            compile(read(name), name, "exec")
        except SyntaxError as error:
            found.append(f"{name}:{error.lineno}: {error.msg}")
    shells = tracked(".sh") + [name for name in tracked("run")
                               if name == ".ci/run"]
    for name in shells:
        shell = "bash" if "bash" in read(name).split("\n")[0] else "sh"
        done = subprocess.run([shell, "-n", name], cwd=ROOT, text=True,
                              capture_output=True, check=False)
        found += done.stderr.splitlines()
    return found


HEADINGS = ("Does", "Listens to", "Says", "Settings", "When it dies")


def check_docs():
    """Links of pages lead somewhere; each service has its page."""
    found = []
    for name in tracked(".md"):
        text = re.sub(r"```.*?```", "", read(name), flags=re.S)
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text):
            path = os.path.normpath(os.path.join(ROOT, os.path.dirname(name),
                                                 target))
            if "://" not in target and not os.path.exists(path):
                found.append(f"{name}: the link {target} leads nowhere")
    for service in sorted(os.listdir(os.path.join(ROOT, "services"))):
        page = f"services/{service}/README.md"
        text = read(page) if os.path.exists(os.path.join(ROOT, page)) else ""
        found += [f"{page}: a heading '{heading}' is wanted"
                  for heading in HEADINGS
                  if not re.search(r"(?m)^#+ " + heading + r"\s*$", text)]
    return found


def check_deploy():
    """The compose file and the Kubernetes manifests, as far as tools are here."""
    found = []
    if os.path.exists(os.path.join(ROOT, "docker-compose.yml")) and \
            shutil.which("docker-compose"):
        found += tool(["docker-compose", "config", "-q"])
    base = os.path.join(ROOT, "deploy", "k8s")
    folders = [folder for folder, _, files in os.walk(base)
               if "kustomization.yaml" in files]
    if shutil.which("kubectl"):
        for folder in folders:
            found += tool(["kubectl", "kustomize", folder])
    return found


def tool(command):
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True,
                          check=False)
    return [f"{' '.join(command[:2])}: {line}"
            for line in done.stderr.splitlines()] if done.returncode else []


CHECKS = {name.removeprefix("check_"): run
          for name, run in list(globals().items())
          if name.startswith("check_")}


def main():
    wanted = [word for word in sys.argv[1:] if not word.startswith("-")]
    failed = 0
    for name in wanted or CHECKS:
        found = CHECKS[name]()
        print(f"{name:10} {'ok' if not found else 'FAILED'}", flush=True)
        for line in found:
            print(f"    {line}")
        failed += bool(found)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
