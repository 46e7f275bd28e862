#!/usr/bin/env python3
"""Installs, builds and lists the libraries that have an adapter here (libraries.toml); results.py tests them.

    python3 adapters/libraries.py install [--debian] [NAME...]
    python3 adapters/libraries.py list

Everything goes into one folder, target/adapters (or that of `--out`): a virtual environment, a node_modules, and what
is compiled. Packages of Debian are the exception. They are installed only with `--debian`, which needs root; without
it, a library whose packages are missing is left out, and the reason is printed.
"""
import argparse
import json
import pathlib
import shutil
import subprocess
import sys
import tomllib

HERE = pathlib.Path(__file__).resolve().parent
#: Where libraries are installed and built if nothing else is said.
OUT = HERE.parent / "target" / "adapters"


class LeftOut(Exception):
    """Why a library can't be tried on this machine."""


def libraries(names=()):
    rows = tomllib.loads((HERE / "libraries.toml").read_text())["library"]
    unknown = set(names) - {row["name"] for row in rows}
    if unknown:
        sys.exit(f"error: no library has the name {', '.join(sorted(unknown))}; `libraries.py list` prints all names")
    return [row for row in rows if not names or row["name"] in names]


def command(words, out):
    return [word.replace("{here}", str(HERE)).replace("{out}", str(out)) for word in words]


def run(words, what):
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        raise LeftOut(f"{what} failed: {done.stdout.strip()[-300:]}")
    return done.stdout


def debian_version(package):
    """The version of an installed package of Debian, or None."""
    if shutil.which("dpkg-query") is None:
        return None
    form = "--showformat=${db:Status-Status} ${Version}"
    done = subprocess.run(["dpkg-query", "--show", form, package], capture_output=True, text=True)
    status, _, version = done.stdout.partition(" ")
    return version if status == "installed" else None


def install(row, out, debian):
    """Installs and builds a library. Raises LeftOut if that can't be done."""
    missing = [package for package in row.get("debian", []) if debian_version(package) is None]
    if missing and debian:
        run(["apt-get", "install", "--yes", "--no-install-recommends", *missing], "apt-get")
        missing = []
    if missing:
        raise LeftOut(f"needs the Debian packages {' '.join(missing)}; --debian installs them")
    if shutil.which(row["needs"]) is None:
        raise LeftOut(f"there is no {row['needs']}")
    out.mkdir(parents=True, exist_ok=True)
    if "pip" in row:
        python = out / "python" / "bin" / "python"
        if not python.exists():
            run(["python3", "-m", "venv", str(out / "python")], "the virtual environment")
        run([str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *row["pip"]], "pip")
    if "npm" in row:
        (out / "node").mkdir(exist_ok=True)
        run(["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(out / "node"), *row["npm"]], "npm")
    if "build" in row:
        run(command(row["build"], out), "the build")


def version(row, out):
    """What a library calls itself in its answer to hello, and the version of its first package."""
    question = json.dumps({"hello": {"protocol": 1}}) + "\n"
    done = subprocess.run(command(row["run"], out), input=question, capture_output=True, text=True, timeout=60)
    if not done.stdout:
        raise LeftOut(f"the adapter does not start: {done.stderr.strip()[-300:]}")
    hello = json.loads(done.stdout)["hello"]
    package = next((f"{name} {debian_version(name)}" for name in row.get("debian", [])), None)
    package = package or next(iter(row.get("pip", []) + row.get("npm", [])), None)
    return f"{hello['name']} {hello['version']}" + (f" ({package})" if package else "")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["install", "list"])
    parser.add_argument("names", nargs="*", metavar="NAME", help="the libraries; all if none is named")
    parser.add_argument("--out", type=pathlib.Path, default=OUT, help="the folder to install into")
    parser.add_argument("--debian", action="store_true", help="install packages of Debian too, as root")
    asked = parser.parse_intermixed_args()
    out = asked.out.resolve()
    left_out = 0
    for row in libraries(asked.names):
        if asked.what == "list":
            print(f"{row['name']:22} {row['language']:11} {' '.join(command(row['run'], out))}")
            continue
        try:
            install(row, out, asked.debian)
            print(f"{row['name']:22} {version(row, out)}", flush=True)
        except LeftOut as why:
            left_out += 1
            print(f"{row['name']:22} left out: {why}", flush=True)
    if asked.what == "install":
        print(f"{len(libraries(asked.names)) - left_out} libraries are ready, {left_out} left out")


if __name__ == "__main__":
    main()
