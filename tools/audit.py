"""Ask the advisory services about every pinned dependency. A known vulnerability fails; silence is said aloud."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SECONDS_MAX = 120


def main() -> int:
    """Print what was found; 1 when anything was."""
    findings = [*_audit_python(ROOT / "requirements" / "dev.txt"), *_audit_web(ROOT / "web")]
    for finding in findings:
        print(f"vulnerable: {finding}")
    return 1 if findings else 0


def _audit_python(requirements: Path) -> list[str]:
    command = [
        *[sys.executable, "-m", "pip_audit", "--requirement", str(requirements), "--disable-pip", "--require-hashes"],
        *["--progress-spinner", "off", "--timeout", "10", "--format", "json"],
    ]
    return python_findings(_ask(command, ROOT))


def python_findings(answer: str) -> list[str]:
    """What pip-audit's JSON says; warns about packages that its service did not know or answer for."""
    try:
        packages = json.loads(answer)["dependencies"]
    except (ValueError, KeyError):
        _warn("Python", "the advisory service did not answer")
        return []
    if unanswered := [package["name"] for package in packages if "skip_reason" in package]:
        _warn("Python", f"no answer for {len(unanswered)} of {len(packages)} packages")
    return [
        f"{package['name']} {package['version']}: {flaw['id']}, fixed in {', '.join(flaw['fix_versions']) or 'none'}"
        for package in packages
        for flaw in package.get("vulns", ())
    ]


def _audit_web(folder: Path) -> list[str]:
    npm = shutil.which("npm")
    if npm is None or not (folder / "package-lock.json").exists():
        return []
    return web_findings(_ask([npm, "audit", "--json"], folder))


def web_findings(answer: str) -> list[str]:
    """What npm's JSON says; warns when the registry gave no advisories."""
    try:
        packages = json.loads(answer)["vulnerabilities"]
    except (ValueError, KeyError):
        _warn("web", "the advisory service did not answer")
        return []
    return [f"{name} ({flaw['severity']}) {flaw['range']}" for name, flaw in packages.items()]


def _ask(command: list[str], folder: Path) -> str:
    try:
        return subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=SECONDS_MAX, check=False
        ).stdout
    except subprocess.TimeoutExpired:
        return ""


def _warn(what: str, reason: str) -> None:
    print(f"WARNING: {what} dependencies NOT AUDITED: {reason}. Run `make check` again where it can be reached.")


if __name__ == "__main__":
    sys.exit(main())
