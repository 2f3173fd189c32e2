"""From pictures to landmarks: videos, folders of frames and cameras, through MediaPipe Holistic."""
