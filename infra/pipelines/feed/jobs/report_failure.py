"""Tells the service that an import has failed, and why."""

import feed


def report():
    job = feed.variable("FAILED_JOB_ID")
    body = {
        "jobId": job,
        "jobName": feed.variable("FAILED_JOB_NAME"),
        "reason": feed.variable("FAILED_REASON", ""),
        "exitCode": exit_code(feed.variable("EXIT_CODE", "")),
    }
    # A failure's event may come twice; the job's id makes the second report known as such.
    feed.post(f"{feed.service_url()}/failures", body, {"Idempotency-Key": job})
    print(f"job {job}: failure reported")


def exit_code(text):
    """A job that never started has no exit code: null then, and not 0, which would mean success."""
    try:
        return int(text)
    except ValueError:
        return None


if __name__ == "__main__":
    feed.run(report)
