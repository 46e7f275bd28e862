"""The reader of xend/sxp.py of each release and libvirt's, written a second time, from the protocol reference alone.

It is a subject of the harness: what it makes of the cases must be what the cases expect, or one of the two misread the
reference (§2.1, §2.2, §2.5, §10.3). It shares no code with the parsers that it checks.
"""
import base64
import json
import sys

# Those whose sxp.py is another than that of the release before.
RELEASES = ["3.0.2", "3.0.3", "3.1", "4.1"]
WHITE = b"\t\n\x0b\x0c\r "
SIMPLE = dict(zip(b"abtnvfr\\'\"", b"\a\b\t\n\v\f\r\\'\""))
OCTAL = b"01234567"


class Refused(Exception):
    """The daemon's reader raises an exception; libvirt's never ends, or overflows its stack."""


class Xend:
    """The reader of a release of Xend. Bytes are taken one by one, as the daemon's state machine does."""

    def __init__(self, release, text):
        self.release = RELEASES.index(release)
        self.text, self.at = text, 0
        self.separators = b"{}()<>[]" + (b"!;" if self.release < RELEASES.index("4.1") else b";")

    def document(self):
        values, lists, quiet_end = [], [], False

        def add(value):
            (lists[-1] if lists else values).append(value)

        while self.at < len(self.text):
            byte = self.text[self.at]
            self.at += 1
            # At the end of the input the daemon closes an atom or a comment, and forgets to look for open lists.
            quiet_end = False
            if byte in WHITE:
                continue
            if byte == ord("#"):
                quiet_end = self.comment()
            elif byte == ord("("):
                lists.append([])
            elif byte == ord(")"):
                if not lists:
                    raise Refused("syntax error: )")
                closed = lists.pop()
                add(closed)
            elif byte in b"\"'":
                add(self.string(byte))
            elif byte == 4 and not lists:
                return values
            elif 0x21 <= byte <= 0x7E:
                add(self.atom(byte))
                quiet_end = self.at == len(self.text)
            elif byte == 4:
                raise Refused("unexpected EOF")
            else:
                raise Refused("invalid character: code %d" % byte)
        if lists and not quiet_end:
            raise Refused("unexpected EOF")
        return values

    def comment(self):
        """Skips a comment, and says whether the input ends within it."""
        end = self.text.find(b"\n", self.at)
        self.at = len(self.text) if end < 0 else end + 1
        return end < 0

    def atom(self, first):
        atom = bytearray([first])
        while self.at < len(self.text):
            byte = self.text[self.at]
            if byte in WHITE or byte == ord("#") or byte in self.separators:
                break
            atom.append(byte)
            self.at += 1
        return bytes(atom)

    def next(self):
        if self.at == len(self.text):
            raise Refused("unexpected EOF")
        self.at += 1
        return self.text[self.at - 1]

    def string(self, quote):
        string = bytearray()
        while True:
            byte = self.next()
            if byte == quote:
                return bytes(string)
            string += self.escape() if byte == ord("\\") else bytes([byte])

    def escape(self):
        byte = self.next()
        if byte in SIMPLE:
            return bytes([SIMPLE[byte]])
        if byte == ord("x"):
            digits = bytes([self.next(), self.next()]) if self.at + 2 <= len(self.text) else b""
            try:
                number = [int(bytes([digit]), 16) for digit in digits]
                high, low = [digit - 10 if digit > 9 else digit for digit in number]
            except ValueError:
                raise Refused("global name 'buf' is not defined")
            return bytes([high * 16 + low])
        if byte in OCTAL:
            return self.octal(byte)
        if self.release == 0:
            raise Refused("Parser instance has no attribute 'buf'")
        if self.release == 1:
            while byte not in OCTAL:
                byte = self.next()
            return self.octal(byte)
        return b"\\"

    def octal(self, first):
        digits = [first]
        while len(digits) < 3:
            if self.at == len(self.text):
                raise Refused("unexpected EOF")
            if self.text[self.at] not in OCTAL:
                if self.release == 0:
                    raise Refused("Parser instance has no attribute 'buf'")
                break
            digits.append(self.next())
        number = int(bytes(digits), 8)
        if number > 255:
            raise Refused("invalid octal escape: out of range %o" % number)
        return bytes([number])


class Libvirt:
    """libvirt's reader, which refuses nothing: it reads one value and ignores the rest."""

    def __init__(self, text):
        self.text, self.at = text.split(b"\0")[0], 0

    def byte(self):
        return self.text[self.at:self.at + 1]

    def document(self):
        root, lists = None, []
        while True:
            while self.byte() and self.byte() in b" \t\r\n":
                self.at += 1
            if lists and self.byte() in (b")", b""):
                self.at += 1
                value = lists.pop()
            elif self.byte() == b"(":
                self.at += 1
                lists.append([])
                if len(lists) == 100_000:
                    raise Refused("an overflow of the stack")
                continue
            else:
                value = self.quoted() if self.byte() == b"'" else self.atom(bool(lists))
            if not lists:
                return [value]
            lists[-1].append(value)

    def quoted(self):
        self.at += 1
        quoted = b""
        while self.byte() not in (b"'", b""):
            if self.byte() == b"\\":
                quoted += self.byte()
                self.at += 1
            quoted += self.byte()
            self.at += 1
        self.at += 1
        return quoted

    def atom(self, within_list):
        atom = b""
        while self.byte() and self.byte() not in b" \t\r\n\v\f()":
            atom += self.byte()
            self.at += 1
        if within_list and not atom:
            raise Refused("an endless loop")
        return atom


def tagged(value):
    """A value in the words of the harness. It is built without recursion: documents may be deep."""
    done, work = [], [(value, None)]
    while work:
        value, count = work.pop()
        if count is not None:
            items = done[len(done) - count:]
            del done[len(done) - count:]
            done.append('{"list":[%s]}' % ",".join(items))
        elif isinstance(value, list):
            work.append((None, len(value)))
            work.extend((item, None) for item in reversed(value))
        else:
            try:
                done.append(json.dumps({"atom": value.decode()}))
            except UnicodeDecodeError:
                done.append(json.dumps({"atom_base64": base64.b64encode(value).decode()}))
    return done[0]


def answer(question):
    document, rules = base64.b64decode(question["input"]), question["rules"]
    reader = Libvirt(document) if rules == "libvirt" else Xend(rules.split("-", 1)[1], document)
    try:
        return '"values":[%s]' % ",".join(tagged(value) for value in reader.document())
    except Refused as refused:
        return '"reject":' + json.dumps(str(refused))


def main():
    for line in sys.stdin:
        question = json.loads(line)
        if "hello" in question:
            rules = ["xend-" + release for release in RELEASES] + ["libvirt"]
            print(json.dumps({"hello": {"name": "sxp, a second time", "decodes": {"sexpr": rules}, "features": ["atom-bytes"]}}))
        else:
            print('{"id":%s,%s}' % (json.dumps(question["id"]), answer(question)))
        sys.stdout.flush()


if __name__ == "__main__":
    main()
