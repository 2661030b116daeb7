"""What torch.distributed.pipelining makes of schedules: its own orders, lowered forms, and its verdict on ours."""

from unittest import mock

import torch.distributed.pipelining.schedules as schedules
from torch.distributed.pipelining.stage import _PipelineStageBase

from exchange import serve


def stage(index, stages, ranks):
    """A stage of which only the places are known."""
    it = mock.MagicMock(spec=_PipelineStageBase)
    it.stage_index, it.num_stages, it.group_size, it.group_rank = index, stages, ranks, 0
    it.stage_index_to_group_rank = {}
    it.has_backward, it.is_first, it.is_last = True, index == 0, index == stages - 1
    it.submod, it.group = mock.MagicMock(), None
    return it


def read(csv):
    cells = [[cell.strip() for cell in line.split(",")] for line in csv.strip().split("\n")]
    return {rank: [schedules._Action.from_str(cell) if cell else None for cell in row] for rank, row in enumerate(cells)}


def write(rows):
    return "".join(",".join("" if a is None else str(a) for a in rows[rank]) + "\n" for rank in sorted(rows))


def generate(case):
    """The order of computation of a class, without idle steps."""
    ranks, stages = case["ranks"], len(case["stageRank"])
    own = [stage(i, stages, ranks) for i, rank in enumerate(case["stageRank"]) if rank == 0]
    kind = schedules.get_schedule_class(case["torchName"])
    made = kind(own[0] if len(own) == 1 and not issubclass(kind, schedules.PipelineScheduleMulti) else own,
                case["microbatches"], loss_fn=lambda *_: 0)
    order = getattr(made, "pipeline_order", None) or made._get_pipeline_order()
    return {rank: [a for a in row if a is not None and a.is_compute_op] for rank, row in order.items()}


def lower(order, case):
    stages, microbatches = len(case["stageRank"]), case["microbatches"]
    rows = {rank: schedules._merge_bw(row) for rank, row in order.items()}
    rows = {rank: schedules._add_unshard_reshard(row, 3) for rank, row in rows.items()}
    rows = {rank: schedules._add_reduce_grad(row, microbatches) for rank, row in rows.items()}
    return schedules._add_send_recv(rows, case["stageRank"].__getitem__, stages)


def judge(case):
    """Torch's own check and dry run of our rows, and its lowering of our order."""
    order, stages = read(case["compute"]), len(case["stageRank"])
    mapping = schedules._validate_schedule(order, case["ranks"], stages, case["microbatches"])
    assert mapping == dict(enumerate(case["stageRank"])), mapping
    messages = read(case["messages"])
    # The dry run knows no pairs.
    if "OVERLAP_F_B" not in case["messages"]:
        schedules._simulate_comms_compute(messages, case["stageRank"].__getitem__, stages)
    full = lower({rank: [a for a in row if a is not None] for rank, row in order.items()}, case)
    return {"lowered": write(full), "order": write(generate(case)) if case["torchName"] else None}


serve(lambda cases: [judge(case) for case in cases])
