"""What has to be done before the packages import beside PyTorch for CPU."""

import os
import warnings

import torch

# Nothing is fetched, and nothing is written into the home folder.
os.environ |= {"HF_HUB_OFFLINE": "1", "NO_ALBUMENTATIONS_UPDATE": "1", "YOLO_OFFLINE": "true"}

# torchvision's compiled operations are built for one PyTorch; its Python part asks for two of them.
OPERATIONS = torch.library.Library("torchvision", "DEF")
for name in ("nms", "qnms"):
    OPERATIONS.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")

warnings.filterwarnings("ignore")  # of the packages, about each other
