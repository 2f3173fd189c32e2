"""A real Slurm on this machine, for tests: munged, slurmctld, slurmd; one node on the loopback, one GPU that is none.

    python tests/slurm/local_slurm.py install | start | stop

Needs root on Debian or Ubuntu. A configuration of Slurm that is already there is never touched. The processors and the
memory that the node claims are not those of the machine, so that the profile's requests fit everywhere.
"""

import argparse
import fcntl
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

PACKAGES = ("slurm-wlm", "munge")
ACCOUNTING_PACKAGES = ("slurmdbd", "mariadb-server")
ETC = Path("/etc/slurm")  # a job's step looks here, whatever SLURM_CONF says
MARK = "# Written by Podium's tests; removed when they stop.\n"
CPUS, MEMORY_MB = 32, 200_000
KILL_WAIT_S = 20  # between SIGTERM and SIGKILL
HOME = Path("/var/tmp/podium-slurm")
START_TIMEOUT_S = 60
STOP_TIMEOUT_S = 20
CALL_TIMEOUT_S = 30
LOCK_TIMEOUT_S = 120

SLURM_CONF = """{mark}\
ClusterName=podium
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
SlurmdUser=root
SlurmctldPort={ctld_port}
SlurmdPort={slurmd_port}
AuthType=auth/munge
AuthInfo=socket={home}/munge.socket,cred_expire=5
CryptoType=crypto/munge
CredType=cred/munge
StateSaveLocation={home}/state
SlurmdSpoolDir={home}/spool
SlurmctldPidFile={home}/slurmctld.pid
SlurmdPidFile={home}/slurmd.pid
SlurmctldLogFile={home}/slurmctld.log
SlurmdLogFile={home}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
{accounting}
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SlurmdParameters=config_overrides
GresTypes=gpu
MinJobAge=900
ReturnToService=2
KillWait={kill_wait}
InactiveLimit=0
SchedulerParameters=sched_interval=5,bf_interval=5
NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus} RealMemory={memory} Gres=gpu:1 State=UNKNOWN
PartitionName=main Nodes={host} Default=YES MaxTime=INFINITE State=UP
PartitionName=other Nodes={host} MaxTime=INFINITE State=UP
"""
NO_ACCOUNTING = "AccountingStorageType=accounting_storage/none"
ACCOUNTING = """AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=127.0.0.1
AccountingStoragePort={dbd_port}
AccountingStoragePass={home}/munge.socket
AccountingStorageEnforce=associations"""
SLURMDBD_CONF = """{mark}\
DbdHost=localhost
DbdAddr=127.0.0.1
DbdPort={dbd_port}
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket={home}/munge.socket
PidFile={home}/slurmdbd.pid
LogFile={home}/slurmdbd.log
StorageType=accounting_storage/mysql
StorageHost=127.0.0.1
StoragePort={sql_port}
StorageUser=slurm
StoragePass=slurm
StorageLoc=slurm
"""
SQL = "CREATE USER slurm@localhost IDENTIFIED BY 'slurm';\nGRANT ALL ON *.* TO slurm@localhost;\n"
# Without a device file the node is invalid, and jobs wait for ever.
GRES_CONF = """{mark}Name=gpu File={home}/nvidia0\n"""


class SlurmError(RuntimeError):
    """Slurm did not do what it was asked for; the message holds the end of its logs."""


def why_not() -> str | None:
    """Why no Slurm can be started here; None where one can."""
    missing = [name for name in ("munged", "slurmctld", "slurmd", "scontrol") if shutil.which(name) is None]
    if os.name != "posix" or os.getuid() != 0:
        return "a Slurm of its own takes root"
    if missing:
        return f"no {', '.join(missing)} here; python tests/slurm/local_slurm.py install"
    conf = ETC / "slurm.conf"
    if conf.exists() and not conf.read_text().startswith(MARK):
        return f"{conf} belongs to another Slurm"
    return None


def has_accounting() -> bool:
    """Whether the programs of an accounting database are here."""
    return all(shutil.which(name) for name in ("slurmdbd", "mariadbd", "mariadb-install-db"))


def install() -> None:
    """Installs the Debian packages where they are absent, those of accounting too; starts nothing."""
    if all(shutil.which(name) for name in ("munged", "slurmctld", "slurmd")) and has_accounting():
        return
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    packages = [*PACKAGES, *ACCOUNTING_PACKAGES]
    for command in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", *packages]):
        subprocess.run(["apt-get", *command], env=environment, stdout=subprocess.DEVNULL, check=True, timeout=600)


class LocalSlurm:
    """The three daemons, their configuration and their logs in one folder, beside two files in /etc/slurm.

    Job numbers begin anew with each start.

    Args:
        home: Absolute, and short: a socket lies in it.
    """

    def __init__(self, home: Path) -> None:
        self.home = home
        self.host = socket.gethostname().split(".")[0]

    def start(self, has_accounting: bool = False) -> None:
        """Starts the daemons and waits until the node takes jobs; ends those of an earlier process that was killed.

        Args:
            has_accounting: With a database, in which root has the account "lab"; no other account is taken then.

        Raises:
            SlurmError: They are not up in time.
        """
        self.stop()
        shutil.rmtree(self.home, ignore_errors=True)
        for folder in (self.home, self.home / "state", self.home / "spool"):
            folder.mkdir(parents=True, exist_ok=True)
        self.home.chmod(0o755)  # munged refuses a folder that others may write
        key = self.home / "munge.key"
        key.touch(mode=0o600)
        key.write_bytes(os.urandom(128))
        device = self.home / "nvidia0"
        device.unlink(missing_ok=True)
        device.symlink_to("/dev/null")
        values = {
            "mark": MARK, "home": self.home, "host": self.host, "cpus": CPUS, "memory": MEMORY_MB,
            "kill_wait": KILL_WAIT_S,
            **{f"{name}_port": _free_port() for name in ("ctld", "slurmd", "dbd", "sql")},
        }  # fmt: skip
        values["accounting"] = (ACCOUNTING if has_accounting else NO_ACCOUNTING).format(**values)
        ETC.mkdir(exist_ok=True)
        (ETC / "slurm.conf").write_text(SLURM_CONF.format(**values))
        (ETC / "gres.conf").write_text(GRES_CONF.format(**values))
        munged = ["munged", f"--socket={self.home}/munge.socket", f"--key-file={key}"]
        munged += [f"--{name}-file={self.home}/munged.{name}" for name in ("pid", "log", "seed")]
        self._daemon([*munged, "--num-threads=2", "--force"])
        if has_accounting:
            self._start_accounting(values)
        self._daemon(["slurmctld", "-i"])
        self._daemon(["slurmd"])
        self.wait_for(lambda: self.node_state() in ("IDLE", "MIXED"), START_TIMEOUT_S, "the node takes jobs")

    def stop(self) -> None:
        """Ends all jobs, then the daemons, by the ids that they have written down."""
        if (self.home / "slurmctld.pid").exists():
            subprocess.run(["scancel", "--user=root"], capture_output=True, timeout=CALL_TIMEOUT_S)
            deadline = time.monotonic() + 2 * KILL_WAIT_S
            while time.monotonic() < deadline and self.call("squeue", "--noheader", check=False).strip():
                time.sleep(0.5)
        for name in ("slurmd", "slurmctld", "slurmdbd", "mariadbd", "munged"):
            self._end(self.home / f"{name}.pid")
        for name in ("slurm.conf", "gres.conf", "slurmdbd.conf"):
            file = ETC / name
            if file.exists() and file.read_text().startswith(MARK):
                file.unlink()

    def call(self, *command: str, check: bool = True) -> str:
        """What a command of Slurm's says."""
        outcome = subprocess.run(command, capture_output=True, text=True, timeout=CALL_TIMEOUT_S)
        if check and outcome.returncode:
            raise SlurmError(f"{' '.join(command)}: {outcome.stderr.strip()}\n{self.logs()}")
        return outcome.stdout

    def node_state(self) -> str:
        """Such as IDLE, MIXED, DOWN; flags left out, and empty while the controller does not answer."""
        fields = _fields(self.call("scontrol", "--oneliner", "show", "node", self.host, check=False))
        return fields.get("State", "").split("+")[0].strip("*")

    def jobs(self) -> list[dict[str, str]]:
        """All jobs that the controller still knows, with scontrol's names; the oldest first."""
        lines = self.call("scontrol", "--oneliner", "show", "jobs").splitlines()
        return sorted((_fields(line) for line in lines if "JobId=" in line), key=lambda job: int(job["JobId"]))

    def wait_for(self, condition: Callable[[], object], timeout_s: float, what: str) -> None:
        """Asks until the condition holds.

        Raises:
            SlurmError: It did not in time.
        """
        deadline = time.monotonic() + timeout_s
        while not condition():
            if time.monotonic() > deadline:
                raise SlurmError(f"not within {timeout_s:g} s: {what}\n{self.logs()}")
            time.sleep(0.2)

    def logs(self) -> str:
        """The end of each daemon's log."""
        files = sorted(self.home.glob("*.log"))
        return "\n".join(f"== {file.name}\n{file.read_text(errors='replace')[-2000:]}" for file in files)

    def _start_accounting(self, values: dict[str, object]) -> None:
        data = self.home / "sql"
        self._daemon(["mariadb-install-db", "--user=root", f"--datadir={data}", "--skip-test-db"])
        (self.home / "accounts.sql").write_text(SQL)
        options = {
            "user": "root", "datadir": data, "port": values["sql_port"], "bind-address": "127.0.0.1",
            "socket": self.home / "sql.socket", "pid-file": self.home / "mariadbd.pid",
            "init-file": self.home / "accounts.sql", "log-error": self.home / "mariadbd.log",
        }  # fmt: skip
        command = ["mariadbd", "--no-defaults", *(f"--{name}={value}" for name, value in options.items())]
        subprocess.Popen(command, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.wait_for(lambda: _answers(values["sql_port"]), START_TIMEOUT_S, "an answer of the database")
        conf = ETC / "slurmdbd.conf"
        conf.touch(mode=0o600)
        conf.write_text(SLURMDBD_CONF.format(**values))
        self._daemon(["slurmdbd"])
        self.wait_for(lambda: _answers(values["dbd_port"]), START_TIMEOUT_S, "an answer of slurmdbd")
        for words in (["cluster", "podium"], ["account", "lab"], ["user", "root", "account=lab"]):
            self.call("sacctmgr", "--immediate", "add", *words)

    def _daemon(self, command: list[str]) -> None:
        outcome = subprocess.run(command, capture_output=True, text=True, timeout=START_TIMEOUT_S)
        if outcome.returncode:
            raise SlurmError(f"{command[0]} did not start: {outcome.stderr.strip()}\n{self.logs()}")

    def _end(self, pid_file: Path) -> None:
        if not pid_file.exists():
            return
        pid = int(pid_file.read_text())
        for number in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.kill(pid, number)
                deadline = time.monotonic() + STOP_TIMEOUT_S
                while time.monotonic() < deadline:
                    os.kill(pid, 0)
                    time.sleep(0.1)
            except ProcessLookupError:
                break
        pid_file.unlink(missing_ok=True)


def _fields(line: str) -> dict[str, str]:
    return dict(part.split("=", 1) for part in line.split() if "=" in part)


def _try_lock(lock: IO) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def local_slurm(home: Path) -> Iterator[LocalSlurm]:
    """A Slurm that is up, for as long as the block lasts; one at a time on a machine.

    Raises:
        SlurmError: Another process's is up and stays.
    """
    slurm = LocalSlurm(home)
    with open(f"{home}.lock", "w") as lock:  # given back by whoever ends, however it ends
        slurm.wait_for(lambda: _try_lock(lock), LOCK_TIMEOUT_S, "the end of another process's Slurm")
        try:
            slurm.start()
            yield slurm
        finally:
            slurm.stop()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("action", choices=["install", "start", "stop"])
    parser.add_argument("--accounting", action="store_true", help="with a database of accounts")
    parser.add_argument("--home", type=Path, default=HOME)
    arguments = parser.parse_args()
    if arguments.action == "install":
        install()
        return 0
    reason = why_not()
    if reason:
        sys.stderr.write(f"error: {reason}\n")
        return 2
    slurm = LocalSlurm(arguments.home)
    with open(f"{arguments.home}.lock", "w") as lock:
        if not _try_lock(lock):
            sys.stderr.write("error: tests use a Slurm on this machine; wait for their end\n")
            return 2
        if arguments.action == "start":
            slurm.start(arguments.accounting)
            sys.stdout.write(slurm.call("sinfo"))
        else:
            slurm.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
