"""ECS jobs: they take a while, and may fail, or only say that they worked."""

from emulators.huawei.models import Job, Server, Step
from emulators.huawei.state import State
from emulators.huawei.wire import ApiError, Call, utc
from emulators.wsgi import Json

TASKS = {"stop": "powering-off", "start": "powering-on", "reboot": "rebooting"}
KINDS = {"stop": "batchStopServer", "start": "batchStartServer", "reboot": "batchRebootServer"}
INIT_SECONDS = 1.0


def begin(state: State, call: Call, action: str, servers: list[Server], *, is_hard: bool) -> Job:
    """Start to work on servers."""
    now = state.now()
    steps = [_begin(state, call, action, server, is_hard=is_hard) for server in servers]
    job = Job(state.uuid("job").replace("-", ""), call.ids[0], KINDS[action], now, steps)
    state.keep_job(job)
    return job


def _begin(state: State, call: Call, action: str, server: Server, *, is_hard: bool) -> Step:
    then = {"stop": "SHUTOFF", "start": "ACTIVE", "reboot": "ACTIVE"}[action]
    seconds = state.start_seconds if action == "start" else state.stop_seconds
    step = Step(server.id, state.now() + (state.hard_seconds if is_hard else seconds))
    if action == "stop" and server.ignores_soft and not is_hard:
        step.due, then = state.now() + state.soft_limit, server.status
        step.status, step.code, step.reason = "FAIL", "Ecs.0225", "Failed to stop the server."
    elif call.is_failing:
        then = server.status
        code = "Ecs.0226" if action == "start" else "Ecs.0225"
        step.status, step.code = "FAIL", code
        step.reason = f"Failed to {action} the server: insufficient resources."
    elif call.is_lie:
        then = server.status
    server.task, server.task_due, server.task_then = TASKS[action], step.due, then
    state.keep_server(server)
    return step


def show_job(state: State, call: Call) -> Json:
    """GET /v1/*/jobs/*."""
    job = state.jobs.get(call.ids[1])
    if job is None or job.project_id != call.ids[0]:
        raise ApiError(404, "Ecs.0016", "The job does not exist.")
    now = state.now()
    parts = [_part(state, job, step, now) for step in job.steps]
    statuses = {part["status"] for part in parts}
    status = "FAIL" if "FAIL" in statuses else "SUCCESS"
    if statuses & {"INIT", "RUNNING"}:
        status = "INIT" if statuses == {"INIT"} else "RUNNING"
    failed = next((part for part in parts if status == part["status"] == "FAIL"), {})
    return {
        "job_id": job.id,
        "job_type": job.kind,
        "status": status,
        "begin_time": utc(state.told(job.begun)),
        "end_time": "",
        "error_code": failed.get("error_code"),
        "fail_reason": failed.get("fail_reason"),
        "entities": {"sub_jobs_total": len(parts), "sub_jobs": parts},
    }


def _part(state: State, job: Job, step: Step, now: float) -> Json:
    is_done = step.due <= now
    working = "INIT" if now < job.begun + INIT_SECONDS else "RUNNING"
    return {
        "job_id": f"{job.id[:20]}{step.server_id[:12]}",
        "job_type": job.kind.removeprefix("batch"),
        "status": step.status if is_done else working,
        "begin_time": utc(state.told(job.begun)),
        "end_time": utc(state.told(step.due)) if is_done else "",
        "error_code": (step.code or None) if is_done else None,
        "fail_reason": (step.reason or None) if is_done else None,
        "entities": {"server_id": step.server_id},
    }
