"""A world of one's own: a network namespace that a server lives in, and another one around it with a name server that lies.

The server's namespace has one way out, and everything that leaves or stays on it is seen: an AF_PACKET socket on all interfaces keeps
the destination of every IP packet. The world beyond owns a few public addresses and answers on nothing else."""

import atexit
import collections
import ctypes
import datetime
import ipaddress
import os
import pathlib
import select
import socket
import ssl
import struct
import subprocess
import sys
import threading
import time

import dnslib
import dnslib.server
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

# Public addresses, by any registry; in here they are ours.
SERVER, GATEWAY, RECEIVER, NAMES = "45.0.0.2", "45.0.0.1", "45.1.2.3", "45.0.0.53"
SERVER6, GATEWAY6, RECEIVER6 = "2a0e::2", "2a0e::1", "2a0e:1::3"
ZONE = "outside.example"


def run(*command):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"not ok {' '.join(map(str, command))}: {done.stderr}")


def enter():
    """Runs this script again in a network and mount namespace; says loudly if there can't be one."""
    if os.environ.get("SEALPOST_INSIDE"):
        return
    os.environ["SEALPOST_INSIDE"] = "1"
    how = ["unshare", "--net", "--mount"] if os.geteuid() == 0 else ["unshare", "--user", "--map-root-user", "--net", "--mount"]
    if subprocess.run([*how, "true"]).returncode:
        raise SystemExit("not ok no network namespace can be made here: run as root, or allow unprivileged user namespaces. "
                         "NOTHING was proved")
    os.execvp(how[0], [*how, sys.executable, "-u", *sys.argv])


class World:
    """Both namespaces, the name server, and the receivers beyond."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.answers = {}
        self.asked = collections.Counter()
        self.heard = []
        self.redirect_to = {}
        run("ip", "link", "set", "lo", "up")
        run("ip", "link", "add", "in0", "type", "veth", "peer", "name", "out0")
        # Bound to no pipe of ours: who waits for this script's end doesn't wait for this.
        nothing = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self._beyond = subprocess.Popen(["unshare", "--net", "sleep", "3600"], **nothing)
        atexit.register(self.stop)
        self._wait_for_namespace()
        run("ip", "link", "set", "out0", "netns", self._beyond.pid)
        beyond = ["nsenter", f"--net=/proc/{self._beyond.pid}/ns/net"]
        for address in [f"{GATEWAY}/24", f"{NAMES}/24", f"{RECEIVER}/32"]:
            run(*beyond, "ip", "addr", "add", address, "dev", "out0")
        for address in [f"{GATEWAY6}/64", f"{RECEIVER6}/128"]:
            run(*beyond, "ip", "addr", "add", address, "dev", "out0", "nodad")
        run(*beyond, "ip", "link", "set", "lo", "up")
        run(*beyond, "ip", "link", "set", "out0", "up")
        run("ip", "addr", "add", f"{SERVER}/24", "dev", "in0")
        run("ip", "addr", "add", f"{SERVER6}/64", "dev", "in0", "nodad")
        run("ip", "link", "set", "in0", "up")
        run("ip", "route", "add", "default", "via", GATEWAY)
        run("ip", "-6", "route", "add", "default", "via", GATEWAY6)
        self._certificates()
        started = threading.Event()
        threading.Thread(target=self._serve, args=[started], daemon=True).start()
        if not started.wait(60):
            raise SystemExit("not ok the world beyond did not start")

    def stop(self):
        self._beyond.kill()
        self._beyond.wait()

    def hosts(self, text):
        """The hosts file, for this namespace alone."""
        file = self.folder / "hosts"
        file.write_text("127.0.0.1 localhost\n::1 localhost\n" + text)
        run("mount", "--bind", file, "/etc/hosts")

    def name(self, label, *answers):
        """From now on this name has these answers: addresses, or `cname:…`; a list of lists is given out one after the other, the
        last one for ever."""
        self.answers[f"{label}.{ZONE}."] = [list(answers)] if not answers or isinstance(answers[0], str) else list(answers)
        return f"{label}.{ZONE}"

    def _wait_for_namespace(self):
        end = time.monotonic() + 30
        while os.stat(f"/proc/{self._beyond.pid}/ns/net").st_ino == os.stat("/proc/self/ns/net").st_ino:
            if time.monotonic() > end:
                raise SystemExit("not ok the world beyond has no namespace")
            time.sleep(0.01)

    def _certificates(self):
        def make(subject, issuer, key, signer, extension):
            name = lambda text: x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])
            now = datetime.datetime.now(datetime.timezone.utc)
            builder = (x509.CertificateBuilder().subject_name(name(subject)).issuer_name(name(issuer)).public_key(key.public_key())
                       .serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(hours=1))
                       .not_valid_after(now + datetime.timedelta(days=7)))
            return builder.add_extension(extension, critical=True).sign(signer, hashes.SHA256())

        authority_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
        authority = make("Outside", "Outside", authority_key, authority_key, x509.BasicConstraints(ca=True, path_length=None))
        names = x509.SubjectAlternativeName([x509.DNSName(f"*.{ZONE}"), x509.DNSName(f"*.a.{ZONE}")])
        leaf = make("outside", "Outside", key, authority_key, names)
        pem = serialization.Encoding.PEM
        self.authority = self.folder / "outside-authority.pem"
        self.authority.write_bytes(authority.public_bytes(pem))
        (self.folder / "outside.pem").write_bytes(leaf.public_bytes(pem) + key.private_bytes(
            pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))

    def _serve(self, started):
        # Only this thread moves, and the sockets it makes stay where they were made.
        CLONE_NEWNET = 0x40000000
        descriptor = os.open(f"/proc/{self._beyond.pid}/ns/net", os.O_RDONLY)
        if ctypes.CDLL(None, use_errno=True).setns(descriptor, CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "setns")
        resolver = Lies(self)
        for tcp in [False, True]:
            dnslib.server.DNSServer(resolver, address=NAMES, port=53, tcp=tcp,
                                    logger=dnslib.server.DNSLogger(log="-request,-reply,-truncated,-error,-recv,-send,-data")).start_thread()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.folder / "outside.pem")
        listeners = []
        for family, address in [(socket.AF_INET, RECEIVER), (socket.AF_INET6, RECEIVER6)]:
            for port in [443, 8443]:
                listener = socket.socket(family, socket.SOCK_STREAM)
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                listener.bind((address, port))
                listener.listen(128)
                listeners.append(listener)
        started.set()
        while True:
            for listener in select.select(listeners, [], [])[0]:
                connection, _ = listener.accept()
                threading.Thread(target=self._answer, args=[context, connection], daemon=True).start()

    def _answer(self, context, connection):
        try:
            with context.wrap_socket(connection, server_side=True) as stream:
                stream.settimeout(20)
                data = b""
                while b"\r\n\r\n" not in data:
                    part = stream.recv(65536)
                    if not part:
                        return
                    data += part
                head, body = data.split(b"\r\n\r\n", 1)
                headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
                headers = {name.lower(): value for name, value in headers.items()}
                while len(body) < int(headers.get("content-length", 0)):
                    body += stream.recv(65536)
                host = headers["host"].split(":")[0]
                self.heard.append((host, body))
                # Each call makes a connection of its own, and so asks for the name again.
                if host in self.redirect_to:
                    status, location = self.redirect_to[host]
                    answer = f"HTTP/1.1 {status} Elsewhere\r\nlocation: {location}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
                else:
                    answer = ("HTTP/1.1 200 OK\r\nalt-svc: h2=\"169.254.169.254:443\"; ma=86400\r\nset-cookie: a=b\r\n"
                              "connection: close\r\ncontent-length: 0\r\n\r\n")
                stream.sendall(answer.encode())
        except (OSError, ValueError):
            pass


class Lies(dnslib.server.BaseResolver):
    """Answers with what the world says, and a time to live of nothing."""

    def __init__(self, world):
        self._world = world
        self._turns = {}
        self._lock = threading.Lock()

    def resolve(self, request, handler):
        reply = request.reply()
        name, kind = str(request.q.qname).lower(), dnslib.QTYPE[request.q.qtype]
        world = self._world
        with self._lock:
            world.asked[name] += 1
            turns = world.answers.get(name)
            answers = turns[0] if turns else None
            # A turn is for both families, whichever is asked for first.
            turn = self._turns.setdefault(name, set())
            turn.add(kind)
            if turns and len(turns) > 1 and turn == {"A", "AAAA"}:
                turns.pop(0)
                turn.clear()
        if answers is None:
            reply.header.rcode = dnslib.RCODE.NXDOMAIN
            return reply
        for answer in answers:
            if answer.startswith("cname:"):
                to = answer.removeprefix("cname:")
                reply.add_answer(dnslib.RR(request.q.qname, dnslib.QTYPE.CNAME, ttl=0, rdata=dnslib.CNAME(to)))
                # As a resolver would, with all it knows of the alias.
                for last in (world.answers.get(to) or [[]])[0]:
                    self._address(reply, to, kind, last)
            else:
                self._address(reply, str(request.q.qname), kind, answer)
        return reply

    @staticmethod
    def _address(reply, owner, kind, answer):
        if answer.startswith("cname:"):
            return
        six = ":" in answer
        if six == (kind == "AAAA"):
            # Its own reader doesn't know every spelling.
            data = dnslib.AAAA(tuple(ipaddress.ip_address(answer).packed)) if six else dnslib.A(answer)
            reply.add_answer(dnslib.RR(owner, dnslib.QTYPE.AAAA if six else dnslib.QTYPE.A, ttl=0, rdata=data))


class Capture:
    """Every IP packet on every interface of this namespace: how many, to which address and port."""

    def __init__(self):
        ETH_P_ALL = 3
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_ALL))
        self._socket.setsockopt(socket.SOL_SOCKET, 33, 64 << 20)  # SO_RCVBUFFORCE
        self._to = collections.Counter()
        self._lock = threading.Lock()
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self):
        while True:
            packet, _ = self._socket.recvfrom(65535)
            seen = self._destination(packet)
            if seen:
                with self._lock:
                    self._to[seen] += 1

    @property
    def to(self):
        """So far."""
        with self._lock:
            return dict(self._to)

    @property
    def dropped(self):
        """Packets that the kernel had no room for: a count that must be nothing (PACKET_STATISTICS)."""
        SOL_PACKET, PACKET_STATISTICS = 263, 6
        return struct.unpack("II", self._socket.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))[1]

    @staticmethod
    def _destination(packet):
        """`(source, source port, destination, destination port)`; ports of TCP and UDP, 0 of others."""
        if len(packet) >= 20 and packet[0] >> 4 == 4:
            source, to = packet[12:16], packet[16:20]
            protocol, rest = packet[9], packet[(packet[0] & 15) * 4:]
        elif len(packet) >= 40 and packet[0] >> 4 == 6:
            source, to = packet[8:24], packet[24:40]
            protocol, rest = packet[6], packet[40:]
        else:
            return None
        # Neighbours that look for each other (RFC 4861 §4): the kernel's own talk, in both directions.
        if packet[0] >> 4 == 6 and protocol == 58 and rest and 133 <= rest[0] <= 137:
            return None
        ports = struct.unpack("!HH", rest[:4]) if protocol in (6, 17) and len(rest) >= 4 else (0, 0)
        return str(ipaddress.ip_address(source)), ports[0], str(ipaddress.ip_address(to)), ports[1]
