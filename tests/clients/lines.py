"""pytest plugin: a line per check, as `run` counts them; loaded with `-p lines -p no:terminal`."""


def pytest_runtest_logreport(report):
    if report.when == "call" or report.failed:
        client, _, check = report.nodeid.partition("/")
        name = check.partition("::test_")[2].replace("[", " ", 1).removesuffix("]")
        emit(report, f"{client}: {name}")


def pytest_collectreport(report):
    if report.failed:
        emit(report, f"{report.nodeid} cannot be read")


def emit(report, name):
    print(f"{'ok' if report.passed else 'not ok'} - {name}", flush=True)
    if report.failed:
        crash = getattr(report.longrepr, "reprcrash", None)
        reason = f"line {crash.lineno}: {crash.message}" if crash else report.longreprtext
        print("    " + reason.replace("\n", "\n    "), flush=True)
