"""Jobs and uploads, the videos that they make, and who is depicted in each."""

from worker.models.jobs import Job, Unsealed
from worker.models.uploads import Ladder, Upload
from worker.models.videos import Depiction, Rendition, Source, Subtitles, Video, vetoed

__all__ = ["Depiction", "Job", "Ladder", "Rendition", "Source", "Subtitles", "Unsealed", "Upload", "Video", "vetoed"]
