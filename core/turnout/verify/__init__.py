"""Verification: a strategy's promises tried in generated worlds, and the shortest story in which one breaks."""

from turnout.invariant import WELL_BEHAVED
from turnout.verify.generators import WEATHERS
from turnout.verify.hunt import Search
from turnout.verify.judging import Judged, judge, judge_again
from turnout.verify.result import Report, Status, Verdict
from turnout.verify.story import Story, read_story, story_from_dict, story_to_dict, write_story
from turnout.verify.telling import tell
from turnout.verify.verification import verify, verify_all
from turnout.verify.world import Page, Session, World

__all__ = [
    "WEATHERS",
    "WELL_BEHAVED",
    "Judged",
    "Page",
    "Report",
    "Search",
    "Session",
    "Status",
    "Story",
    "Verdict",
    "World",
    "judge",
    "judge_again",
    "read_story",
    "story_from_dict",
    "story_to_dict",
    "tell",
    "verify",
    "verify_all",
    "write_story",
]
