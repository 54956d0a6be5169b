"""Networks and modules that nobody here wrote, from the packages that publish them.

All weights are random: nothing is downloaded. Configurations are cut down where a full one would
only take time.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import Any

import torch
from torch import nn

Shape = tuple[int, ...]
Build = Callable[[], nn.Module]


@dataclass(frozen=True)
class Network:
    """A network of a package.

    Attributes
    ----------
    package, name : str
    build : callable
        Gives the module, with random weights.
    shape : tuple of int
        Of the input for the costs; two images, so that batch norm can train.
    small : tuple of int
        Of the input for the receptive field, in which NaN spread.
    part : str
        Method or submodule whose receptive field is looked at; "" for all of it. In a classifier
        that is what comes before the global pooling, behind which everything reads everything.
    """

    package: str
    name: str
    build: Build
    shape: Shape
    small: Shape
    part: str = ""


class Part(nn.Module):
    """A method or a submodule of a module, or one part of what it returns, as a module."""

    def __init__(
        self, module: nn.Module, part: str = "", pick: Callable[[Any], Any] | None = None
    ) -> None:
        super().__init__()
        self.module, self.part, self.pick = module, part, pick

    def forward(self, x: Any) -> Any:
        """Call it."""
        result = getattr(self.module, self.part)(x) if self.part else self.module(x)
        return result if self.pick is None else self.pick(result)


def made(path: str, *args: Any, pick: Callable[[Any], Any] | None = None, **options: Any) -> Build:
    """What builds ``package.module.name(*args, **options)``, or picks a part of its result."""
    module, _, name = path.rpartition(".")

    def build() -> nn.Module:
        network = getattr(import_module(module), name)(*args, **options)
        return network if pick is None else Part(network, pick=pick)

    return build


def made_later(path: str) -> Callable[..., Any]:
    """What calls ``package.module.name``, which is imported then."""
    module, _, name = path.rpartition(".")
    return lambda *args, **options: getattr(import_module(module), name)(*args, **options)


def first(result: Any) -> Any:
    """First entry of what a network returns."""
    return result[0]


def entry(name: str) -> Callable[[Any], Any]:
    """An entry or attribute of what a network returns."""
    return lambda result: result[name] if isinstance(result, dict) else getattr(result, name)


IMAGES, SMALL, TINY = (2, 3, 96, 64), (1, 3, 64, 96), (1, 3, 32, 40)
VOLUMES, SMALL_VOLUME = (2, 1, 32, 48, 32), (1, 1, 16, 32, 16)
SOUND, SMALL_SOUND = (2, 1, 4096), (1, 1, 640)


def torchvision() -> Iterator[Network]:
    """Classification, segmentation, video."""
    new = partial(Network, "torchvision")
    for name, part in {
        "alexnet": "features",
        "squeezenet1_1": "features",
        "resnet18": "",
        "mobilenet_v2": "features",
        "mobilenet_v3_small": "features",
        "mnasnet0_5": "layers",
        "shufflenet_v2_x0_5": "",
        "efficientnet_b0": "features",
        "regnet_y_400mf": "",
    }.items():
        shape = (2, 3, 72, 64) if name == "alexnet" else IMAGES
        yield new(name, made(f"torchvision.models.{name}"), shape, SMALL if part else TINY, part)
    dense = made("torchvision.models.DenseNet", 8, (2, 2, 2, 2), 16)
    yield new("DenseNet", dense, IMAGES, SMALL, "features")
    googlenet = made("torchvision.models.googlenet", aux_logits=False, init_weights=False)
    yield new("googlenet", googlenet, IMAGES, TINY)
    yield new("ConvNeXt", _convnext, IMAGES, SMALL, "features")
    swin = {"embed_dim": 12, "depths": [2, 2], "num_heads": [2, 3], "window_size": [4, 4]}
    for name, block in (("Swin", "SwinTransformerBlock"), ("Swin v2", "SwinTransformerBlockV2")):
        kind = "torchvision.models.swin_transformer"
        more = {"block": made_later(f"{kind}.{block}")}
        if "v2" in name:
            more["downsample_layer"] = made_later(f"{kind}.PatchMergingV2")
        build = made(f"{kind}.SwinTransformer", [4, 4], **swin, **more)
        yield new(name, build, IMAGES, SMALL, "features")
    vit = made("torchvision.models.VisionTransformer", 32, 8, 2, 3, 24, 48)
    yield new("VisionTransformer", vit, (2, 3, 32, 32), (1, 3, 32, 32))
    for name in ("lraspp_mobilenet_v3_large", "deeplabv3_mobilenet_v3_large"):
        path = f"torchvision.models.segmentation.{name}"
        build = made(path, weights_backbone=None, pick=entry("out"))
        yield new(name, build, IMAGES, TINY)
    for name in ("r2plus1d_18", "mc3_18"):
        video = (2, 3, 6, 40, 32), (1, 3, 6, 16, 24)
        yield new(name, made(f"torchvision.models.video.{name}"), *video)


def _convnext() -> nn.Module:
    """Two small stages."""
    stage = import_module("torchvision.models.convnext").CNBlockConfig
    network: nn.Module = import_module("torchvision.models").ConvNeXt(
        [stage(8, 16, 1), stage(16, None, 1)]
    )
    return network


def timm() -> Iterator[Network]:
    """Backbones: their maps at an early stage, or all before the pooling."""
    new = partial(Network, "timm")
    for name, stage in {
        "resnet26d": 2,
        "seresnet18": 2,
        "mixnet_s": 3,
        "tf_mobilenetv3_small_075": 3,
        "convnextv2_atto": 2,
        "hrnet_w18_small": 2,
        "regnetx_002": 2,
        "res2net50_14w_8s": 2,
        "dla34": 2,
        "ghostnet_100": 3,
        "hardcorenas_a": 3,
        "repvgg_a0": 2,
        "nf_regnet_b0": 2,
        "efficientvit_b0": 1,
        "mobilenetv4_conv_small": 3,
        "skresnet18": 2,
        "resnest14d": 2,
    }.items():
        options = {"features_only": True, "out_indices": (stage - 1,), "pick": first}
        yield new(name, made("timm.create_model", name, **options), IMAGES, SMALL)
    for name, options in {
        "poolformer_s12": {},
        "mobilevit_xxs": {},
        "edgenext_xx_small": {},
        "starnet_s1": {},
        "fastvit_t8": {},
        "inception_next_atto": {},
        "mambaout_femto": {},
        "pvt_v2_b0": {},
        "test_vit": {"img_size": 64},
        "xcit_nano_12_p16_224": {},
        "coat_lite_tiny": {"img_size": 64},
        "levit_128s": {"img_size": (64, 64)},
        "gcvit_xxtiny": {"img_size": (64, 64)},
        "efficientformerv2_s0": {"img_size": (64, 64)},
        "maxvit_rmlp_pico_rw_256": {"img_size": (64, 64)},
        "swin_tiny_patch4_window7_224": {
            "img_size": 64,
            "window_size": 4,
            "embed_dim": 12,
            "depths": (2, 2),
            "num_heads": (2, 3),
        },
        "swinv2_tiny_window8_256": {
            "img_size": 64,
            "window_size": 4,
            "embed_dim": 12,
            "depths": (2, 2),
            "num_heads": (2, 3),
        },
        "mixer_s32_224": {"img_size": 64},
        "sequencer2d_s": {"layers": (1, 1, 1, 1)},
        "volo_d1_224": {"img_size": (64, 64)},
        "twins_pcpvt_small": {"img_size": (64, 64), "depths": (1, 1, 1, 1)},
        "mvitv2_tiny": {"img_size": (64, 64)},
        "davit_tiny": {"depths": (1, 1, 1, 1), "embed_dims": (24, 48, 96, 192)},
        "focalnet_tiny_srf": {},
    }.items():
        square = (2, 3, 64, 64), (1, 3, 64, 64)
        yield new(name, made("timm.create_model", name, **options), *square, "forward_features")


def transformers() -> Iterator[Network]:
    """Vision and speech models from their configurations."""
    new = partial(Network, "transformers")

    def model(kind: str, config: dict[str, Any], pick: Callable[[Any], Any]) -> Build:
        def build() -> nn.Module:
            package = import_module("transformers")
            name = kind.removesuffix("Model").removesuffix("ForSemanticSegmentation")
            settings = getattr(package, f"{name}Config")(**config)
            return Part(getattr(package, kind)(settings), pick=pick)

        return build

    hidden, logits = entry("last_hidden_state"), entry("logits")
    segformer = {"depths": [1, 1, 1, 1], "hidden_sizes": [8, 16, 24, 32], "decoder_hidden_size": 24}
    yield new(
        "SegformerForSemanticSegmentation",
        model("SegformerForSemanticSegmentation", segformer, logits),
        IMAGES,
        (1, 3, 64, 96),
    )
    convnext = {"hidden_sizes": [8, 16, 24, 32], "depths": [1, 1, 2, 1]}
    yield new("ConvNextModel", model("ConvNextModel", convnext, hidden), IMAGES, SMALL)
    yield new("MobileNetV2Model", model("MobileNetV2Model", {}, hidden), IMAGES, SMALL)
    yield new(
        "ResNetModel",
        model(
            "ResNetModel",
            {"depths": [1, 1, 1, 1], "hidden_sizes": [16, 24, 32, 40], "embedding_size": 12},
            hidden,
        ),
        IMAGES,
        SMALL,
    )
    vit = {
        "hidden_size": 24,
        "num_hidden_layers": 2,
        "num_attention_heads": 3,
        "intermediate_size": 48,
        "image_size": 32,
        "patch_size": 8,
    }
    yield new("ViTModel", model("ViTModel", vit, hidden), (2, 3, 32, 32), (1, 3, 32, 32))
    dinov2 = vit | {"image_size": 28, "patch_size": 7}
    yield new("Dinov2Model", model("Dinov2Model", dinov2, hidden), (2, 3, 42, 28), (1, 3, 42, 28))
    swin = {
        "image_size": 64,
        "embed_dim": 12,
        "depths": [2, 2],
        "num_heads": [2, 3],
        "window_size": 4,
    }
    yield new("SwinModel", model("SwinModel", swin, hidden), (2, 3, 64, 64), (1, 3, 64, 64))
    yield new("Swinv2Model", model("Swinv2Model", swin, hidden), (2, 3, 64, 64), (1, 3, 64, 64))
    yield new(
        "PoolFormerModel",
        model("PoolFormerModel", {"depths": [1, 1, 1, 1], "hidden_sizes": [8, 16, 24, 32]}, hidden),
        IMAGES,
        SMALL,
    )
    yield new(
        "MobileViTModel",
        model(
            "MobileViTModel",
            {"hidden_sizes": [24, 32, 40], "neck_hidden_sizes": [8, 12, 16, 20, 24, 28, 32]},
            hidden,
        ),
        (2, 3, 64, 96),
        SMALL,
    )
    yield new(
        "RegNetModel",
        model(
            "RegNetModel",
            {
                "depths": [1, 1, 2, 1],
                "hidden_sizes": [16, 32, 48, 64],
                "embedding_size": 12,
                "groups_width": 16,
            },
            hidden,
        ),
        IMAGES,
        SMALL,
    )
    wav2vec = {
        "hidden_size": 24,
        "num_hidden_layers": 1,
        "num_attention_heads": 3,
        "intermediate_size": 32,
        "conv_dim": [16] * 7,
        "num_conv_pos_embedding_groups": 4,
        "num_conv_pos_embeddings": 8,
    }

    def squeezed(kind: str, config: dict[str, Any]) -> Build:
        inner = model(kind, config, hidden)
        return lambda: nn.Sequential(nn.Flatten(1), inner())

    yield new("Wav2Vec2Model", squeezed("Wav2Vec2Model", wav2vec), (2, 1, 4000), (1, 1, 900))
    whisper = {
        "d_model": 24,
        "encoder_layers": 1,
        "encoder_attention_heads": 3,
        "decoder_layers": 1,
        "decoder_attention_heads": 3,
        "encoder_ffn_dim": 32,
        "max_source_positions": 40,
    }
    yield new(
        "WhisperEncoder",
        lambda: Part(model("WhisperModel", whisper, hidden)().module.encoder, pick=hidden),
        (2, 80, 80),
        (1, 80, 80),
    )


def segmentation_models_pytorch() -> Iterator[Network]:
    """Every decoder, on a small encoder."""
    for name in (
        "Unet",
        "UnetPlusPlus",
        "MAnet",
        "Linknet",
        "FPN",
        "PSPNet",
        "DeepLabV3Plus",
        "PAN",
        "UPerNet",
        "Segformer",
    ):
        build = made(
            f"segmentation_models_pytorch.{name}", "resnet18", encoder_weights=None, classes=4
        )
        shape = (2, 3, 128, 160) if name == "PAN" else IMAGES
        small = (1, 3, 128, 160) if name == "PAN" else SMALL
        yield Network("segmentation-models-pytorch", name, build, shape, small)


def monai() -> Iterator[Network]:
    """Volumes and medical images."""
    new = partial(Network, "monai")
    nets = "monai.networks.nets"
    two = {"spatial_dims": 2, "in_channels": 1, "out_channels": 2}
    three = two | {"spatial_dims": 3}
    steps = {"channels": (4, 8, 12), "strides": (2, 2)}
    flat, small = (2, 1, 64, 48), (1, 1, 48, 64)
    yield new(
        "UNet", made(f"{nets}.UNet", **three, **steps, num_res_units=1), VOLUMES, SMALL_VOLUME
    )
    yield new("AttentionUnet", made(f"{nets}.AttentionUnet", **two, **steps), flat, small)
    yield new(
        "BasicUNet", made(f"{nets}.BasicUNet", **two, features=(4, 4, 8, 8, 12, 4)), flat, small
    )
    yield new(
        "SegResNet", made(f"{nets}.SegResNet", **three, init_filters=8), VOLUMES, SMALL_VOLUME
    )
    dynamic = {
        "kernel_size": [3, 3, 3],
        "strides": [1, 2, 2],
        "upsample_kernel_size": [2, 2],
        "filters": [4, 8, 12],
    }
    yield new("DynUNet", made(f"{nets}.DynUNet", **three, **dynamic), VOLUMES, SMALL_VOLUME)
    yield new("VNet", made(f"{nets}.VNet", 3, 1, 2), VOLUMES, SMALL_VOLUME)
    yield new("HighResNet", made(f"{nets}.HighResNet", 2, 1, 2), flat, small)
    yield new("DenseNet121", made(f"{nets}.DenseNet121", 2, 1, 2), flat, small, "features")
    yield new(
        "UNETR",
        made(f"{nets}.UNETR", 1, 2, (48, 32), 4, 24, 48, 2, spatial_dims=2),
        (2, 1, 48, 32),
        (1, 1, 48, 32),
    )
    yield new(
        "SwinUNETR",
        made(
            f"{nets}.SwinUNETR",
            1,
            2,
            feature_size=12,
            spatial_dims=2,
            depths=(1, 1, 1, 1),
            num_heads=(2, 2, 2, 2),
            window_size=4,
        ),
        (2, 1, 64, 96),
        (1, 1, 64, 96),
    )
    yield new("MedNeXtS", made(f"{nets}.MedNeXtS", **two), flat, small)
    yield new(
        "AutoEncoder",
        made(f"{nets}.AutoEncoder", **two, channels=(4, 8), strides=(2, 2)),
        flat,
        small,
    )


def dynamic_network_architectures() -> Iterator[Network]:
    """nnU-Net's networks."""
    options = {
        "norm_op": nn.InstanceNorm3d,
        "norm_op_kwargs": {"affine": True},
        "nonlin": nn.LeakyReLU,
        "nonlin_kwargs": {"inplace": True},
        "conv_bias": True,
    }
    path = "dynamic_network_architectures.architectures.unet"
    for name in ("PlainConvUNet", "ResidualEncoderUNet"):
        build = made(
            f"{path}.{name}", 1, 3, [4, 8, 12], nn.Conv3d, 3, [1, 2, 2], 1, 2, 1, **options
        )
        yield Network("dynamic-network-architectures", name, build, VOLUMES, SMALL_VOLUME)


def diffusers() -> Iterator[Network]:
    """Autoencoders and denoisers."""
    new = partial(Network, "diffusers")
    plain = {"block_out_channels": (8, 16), "norm_num_groups": 4, "layers_per_block": 1}
    down, up = ("DownEncoderBlock2D",) * 2, ("UpDecoderBlock2D",) * 2
    kl = made("diffusers.AutoencoderKL", **plain, down_block_types=down, up_block_types=up)
    yield new("AutoencoderKL, encoder", lambda: kl().encoder, (2, 3, 32, 48), (1, 3, 32, 24))
    yield new("AutoencoderKL, decoder", lambda: kl().decoder, (2, 4, 12, 16), (1, 4, 16, 12))
    yield new(
        "AutoencoderTiny",
        made(
            "diffusers.AutoencoderTiny",
            encoder_block_out_channels=(8,) * 4,
            decoder_block_out_channels=(8,) * 4,
            pick=entry("sample"),
        ),
        (2, 3, 48, 64),
        (1, 3, 64, 48),
    )

    class Denoise(nn.Module):
        """A denoiser at one step of time."""

        def __init__(self, network: nn.Module, **more: torch.Tensor) -> None:
            super().__init__()
            self.network = network
            for name, tensor in more.items():
                self.register_buffer(name, tensor)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            more = {n: b.expand(len(x), *b.shape[1:]) for n, b in self._buffers.items()}
            return self.network(x, 7, **more).sample

    unet = made(
        "diffusers.UNet2DModel",
        **plain,
        in_channels=3,
        down_block_types=("DownBlock2D", "AttnDownBlock2D"),
        up_block_types=("AttnUpBlock2D", "UpBlock2D"),
        attention_head_dim=8,
    )
    yield new("UNet2DModel", lambda: Denoise(unet()), (2, 3, 32, 48), (1, 3, 24, 16))
    conditioned = made(
        "diffusers.UNet2DConditionModel",
        **plain,
        cross_attention_dim=12,
        down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"),
        attention_head_dim=2,
    )
    yield new(
        "UNet2DConditionModel",
        lambda: Denoise(conditioned(), encoder_hidden_states=torch.zeros(1, 5, 12)),
        (2, 4, 32, 48),
        (1, 4, 24, 16),
    )
    dit = made(
        "diffusers.DiTTransformer2DModel",
        num_attention_heads=2,
        attention_head_dim=8,
        num_layers=2,
        sample_size=16,
        norm_num_groups=4,
        in_channels=4,
    )

    class Labelled(nn.Module):
        """A denoiser at one step of time, for one class."""

        def __init__(self) -> None:
            super().__init__()
            self.network = dit()

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            step = torch.full((len(x),), 7)
            return self.network(x, step, class_labels=step).sample

    yield new("DiTTransformer2DModel", Labelled, (2, 4, 16, 16), (1, 4, 16, 16))


def torchaudio() -> Iterator[Network]:
    """Sound."""
    new = partial(Network, "torchaudio")
    yield new(
        "ConvTasNet",
        made(
            "torchaudio.models.ConvTasNet",
            enc_num_feats=16,
            msk_num_feats=8,
            msk_num_hidden_feats=16,
            msk_num_layers=3,
            msk_num_stacks=2,
        ),
        SOUND,
        SMALL_SOUND,
    )
    yield new(
        "Wav2Letter",
        made("torchaudio.models.Wav2Letter", 10, "power_spectrum", 20),
        (2, 20, 400),
        (1, 20, 300),
    )
    yield new(
        "HDemucs",
        made(
            "torchaudio.models.HDemucs",
            ["a", "b"],
            audio_channels=1,
            channels=8,
            nfft=1024,
            depth=4,
        ),
        (2, 1, 8192),
        (1, 1, 4096),
    )
    yield new(
        "MelSpectrogram",
        made("torchaudio.transforms.MelSpectrogram", n_fft=64, n_mels=8),
        SOUND,
        SMALL_SOUND,
    )


def encodec() -> Iterator[Network]:
    """A codec of sound."""
    small = {"n_filters": 4, "dimension": 8, "ratios": [4, 2]}
    for name in ("SEANetEncoder", "SEANetDecoder"):
        shapes = (SOUND, SMALL_SOUND) if "Enc" in name else ((2, 8, 60), (1, 8, 40))
        build = made(f"encodec.modules.{name}", **small)
        yield Network("encodec", name, build, *shapes)
    causal = made("encodec.modules.SEANetEncoder", **small, causal=True, lstm=0)
    yield Network("encodec", "SEANetEncoder, causal, no LSTM", causal, SOUND, SMALL_SOUND)


def vocos() -> Iterator[Network]:
    """Vocoders."""
    yield Network(
        "vocos",
        "VocosBackbone",
        made("vocos.models.VocosBackbone", 12, 16, 32, 3),
        (2, 12, 60),
        (1, 12, 80),
    )
    yield Network(
        "vocos",
        "VocosResNetBackbone",
        made("vocos.models.VocosResNetBackbone", 12, 16, 2),
        (2, 12, 60),
        (1, 12, 80),
    )


def kornia() -> Iterator[Network]:
    """Filters and feature networks."""
    new = partial(Network, "kornia")
    filters = (2, 3, 32, 24), (1, 3, 16, 22)
    for name, args in {
        "GaussianBlur2d": ((3, 5), (1.0, 1.5)),
        "MedianBlur": ((3, 5),),
        "BoxBlur": ((3, 5),),
        "Sobel": (),
        "Laplacian": (5,),
        "UnsharpMask": ((3, 5), (1.0, 1.0)),
        "BlurPool2D": (3,),
        "MaxBlurPool2D": (3,),
        "BilateralBlur": ((3, 5), 0.1, (1.0, 1.0)),
        "SpatialGradient": (),
    }.items():
        yield new(name, made(f"kornia.filters.{name}", *args), *filters)
    yield new("Canny", made("kornia.filters.Canny", pick=first), *filters)
    yield new(
        "HardNet",
        made("kornia.feature.HardNet", pretrained=False),
        (2, 1, 32, 32),
        (1, 1, 32, 32),
        "features",
    )
    yield new(
        "XFeat", made("kornia.feature.xfeat.XFeatModel", pick=first), (2, 3, 64, 96), (1, 3, 64, 96)
    )
    yield new("CornerHarris", made("kornia.feature.CornerHarris", 0.05), *filters)
    yield new(
        "DexiNed",
        made("kornia.models.dexined.DexiNed", pretrained=False),
        (2, 3, 64, 48),
        (1, 3, 32, 48),
    )


def ultralytics() -> Iterator[Network]:
    """Detectors, up to their maps."""
    for name in ("yolov8n", "yolo11n", "yolov9t", "yolov10n"):
        build = made("ultralytics.nn.tasks.DetectionModel", f"{name}.yaml", verbose=False)
        yield Network("ultralytics", name, _without_head(build), IMAGES, SMALL)


def _without_head(build: Build) -> Build:
    """The network without its detection head: the map that the head reads first."""

    class Neck(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            network: Any = build()
            *self.layers, head = network.model
            self.layers = nn.ModuleList(self.layers)
            self.last = head.f[0]

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            kept: list[Any] = []
            for layer in self.layers:
                given = layer.f
                if given != -1:
                    x = (
                        kept[given]
                        if isinstance(given, int)
                        else [x if j == -1 else kept[j] for j in given]
                    )
                x = layer(x)
                kept.append(x)
            return kept[self.last]

    return Neck


def spandrel() -> Iterator[Network]:
    """Super-resolution and restoration."""
    new = partial(Network, "spandrel")
    at = "spandrel.architectures"
    small = (2, 3, 24, 32), (1, 3, 24, 16)
    yield new(
        "ESRGAN", made(f"{at}.ESRGAN.__arch.RRDB.RRDBNet", num_filters=8, num_blocks=1), *small
    )
    yield new(
        "SRVGGNetCompact",
        made(f"{at}.Compact.__arch.SRVGG.SRVGGNetCompact", num_feat=8, num_conv=2),
        *small,
    )
    yield new(
        "NAFNet",
        made(
            f"{at}.NAFNet.__arch.NAFNet_arch.NAFNet",
            width=8,
            middle_blk_num=1,
            enc_blk_nums=[1, 1],
            dec_blk_nums=[1, 1],
        ),
        *small,
    )
    yield new(
        "SwinIR",
        made(
            f"{at}.SwinIR.__arch.SwinIR.SwinIR",
            img_size=16,
            window_size=4,
            embed_dim=12,
            depths=[2],
            num_heads=[2],
            upsampler="pixelshuffle",
            upscale=2,
        ),
        *small,
    )
    yield new(
        "RCAN",
        made(f"{at}.RCAN.__arch.rcan_arch.RCAN", n_resgroups=1, n_resblocks=1, n_feats=16),
        *small,
    )
    yield new(
        "SPAN",
        made(f"{at}.SPAN.__arch.span.SPAN", num_in_ch=3, num_out_ch=3, feature_channels=8),
        *small,
    )
    yield new(
        "DnCNN",
        made(f"{at}.DnCNN.__arch.network_dncnn.DnCNN", in_nc=3, out_nc=3, nc=8, nb=4),
        *small,
    )


def pytorchcv() -> Iterator[Network]:
    """Classifiers of many papers, before their pooling."""

    def trunk(name: str) -> nn.Module:
        network = import_module("pytorchcv.model_provider").get_model(name)
        return network.features[:-1]

    for name in (
        "menet108_8x1_g3",
        "igcv3_wd4",
        "shufflenet_g3_wd4",
        "condensenet74_c4_g4",
        "drnc26",
        "fdmobilenet_wd4",
        "darknet_tiny",
        "peleenet",
        "diaresnet10",
    ):
        yield Network("pytorchcv", name, partial(trunk, name), IMAGES, SMALL)


def segment_anything() -> Iterator[Network]:
    """Its image encoder, with attention in windows."""
    build = made(
        "segment_anything.modeling.ImageEncoderViT",
        96,
        8,
        embed_dim=16,
        depth=2,
        num_heads=2,
        out_chans=8,
        use_rel_pos=True,
        window_size=4,
        global_attn_indexes=(),
    )
    yield Network("segment-anything", "ImageEncoderViT", build, (2, 3, 96, 96), (1, 3, 96, 96))


def networks() -> list[Network]:
    """All of them."""
    groups = (
        *(torchvision, timm, transformers, segmentation_models_pytorch, monai),
        *(dynamic_network_architectures, diffusers, torchaudio, encodec, vocos, kornia),
        *(ultralytics, spandrel, pytorchcv, segment_anything),
    )
    return [network for group in groups for network in group()]
