"""Podium's console, as Snakemake finds it: ``--logger podium``, which profiles/default says.

Snakemake imports this before it reads a Snakefile, so nothing of `podium` is imported here: the Snakefile hands over
the console of its own checkout (`podium.plan.snakemake_run.attach_console`). Until then, and for other workflows,
Snakemake's own text is shown.
"""

from dataclasses import dataclass, field
from logging import LogRecord

from snakemake_interface_logger_plugins.base import LogHandlerBase
from snakemake_interface_logger_plugins.settings import LogHandlerSettingsBase


@dataclass
class LogHandlerSettings(LogHandlerSettingsBase):
    """What the command line may say of it.

    Attributes:
        off: Whether Snakemake's own text is shown.
    """

    off: bool = field(
        default=False, metadata={"help": "Show Snakemake's own text and the output of all jobs.", "required": False}
    )


class LogHandler(LogHandlerBase):
    """Hands Snakemake's records to the console.

    Attributes:
        console: What the Snakefile has attached; None before.
    """

    def __post_init__(self) -> None:
        from snakemake.logging import ColorizingTextHandler, is_quiet_about

        self.console = None
        asked = self.common_settings
        wants_details = asked.dryrun or asked.verbose or asked.debug_dag or asked.printshellcmds
        wants_nothing = is_quiet_about(asked.quiet or (), "all")
        self.is_on = not (wants_details or wants_nothing or (self.settings and self.settings.off))
        self._plain = ColorizingTextHandler(nocolor=asked.nocolor)

    def emit(self, record: LogRecord) -> None:
        """In a thread of Snakemake's own, which an exception would end."""
        if not self.is_on:
            return
        try:
            if self.console:
                self.console.handle(record, self.format(record) or "")
            else:
                self._plain.setFormatter(self.formatter)
                self._plain.emit(record)
        except Exception:
            self.handleError(record)

    def close(self) -> None:
        """At the end of the run."""
        if self.console:
            self.console.close()
        super().close()

    @property
    def writes_to_stream(self) -> bool:
        """If not, Snakemake writes its own text: for a plan, and for who asks for details (-p, --verbose) or for
        nothing (--quiet all)."""
        return self.is_on

    @property
    def writes_to_file(self) -> bool:
        return False

    @property
    def has_filter(self) -> bool:
        return False

    @property
    def has_formatter(self) -> bool:
        return False

    @property
    def needs_rulegraph(self) -> bool:
        return False
