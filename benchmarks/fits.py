"""The posterior of SALT3 with its corner plot, against sncosmo's mcmc_lc in one run, on a real supernova.

    .venv/bin/python benchmarks/fits.py [--object ZTF20aakyoez] [--steps 8000] [--shared ../shared/data] [--json]

All figures are seconds of processor time. Ours is the whole: the best fit, the tables, the draws, the plot as PNG; the
templates are read beforehand for both. Both leave the model's covariance out. *Shift* is the largest difference of the medians,
in standard deviations; *width* the ratio of the standard deviations that is farthest from one. Models of physics are
fitted to the same light curve, for the time that they take.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

# Threads of the algebra would count as processor time without saving any here.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import sncosmo
from emcee.autocorr import integrated_time
from skyhub.science.distances import luminosity_distance
from skyhub.science.fitting import Curve, Fit, curve_of, fit_model
from skyhub.science.models import MODELS, Host
from skyhub.science.photometry import flux_from_mag
from skyhub.science.salt import COLOUR_RANGE, STRETCH_RANGE, fit_salt, sncosmo_table
from skyhub.science.sncosmo_files import salt_source

_SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
_FILTERS = {"g": "ztfg", "R": "ztfr", "i": "ztfi"}
_FREE = ["t0", "x0", "x1", "c"]
_WALKERS, _BURNT = 10, 500


def real_curve(shared: Path, name: str) -> tuple[Curve, float]:
    """A ZTF light curve of the Bright Transient Survey and its redshift."""
    folder = shared / "photometry"
    with (folder / "index.csv").open() as lines:
        [entry] = [row for row in csv.DictReader(lines) if row["file"] == f"ztf_bts_snia/{name}.csv"]
    with (folder / entry["file"]).open() as lines:
        rows = list(csv.DictReader(lines))
    flux = flux_from_mag(np.array([float(row["mag"]) for row in rows]))
    error = flux * np.array([float(row["magerr"]) for row in rows]) * np.log(10) / 2.5
    mjd = [float(row["time"]) for row in rows]
    return curve_of(mjd, [_FILTERS[row["band"]] for row in rows], flux, error), float(entry["z"])


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds of processor time, and what came out."""
    begin = time.process_time()
    found = work()
    return time.process_time() - begin, found


def posterior_with_plot(curve: Curve, redshift: float) -> tuple[Fit, bytes]:
    """Ours: draws and corner plot."""
    import corner
    from matplotlib import pyplot as plt

    fit = fit_salt(curve, "salt3", redshift, model_covariance=False)
    assert fit.posterior is not None
    figure = corner.corner(fit.posterior.samples, labels=list(fit.drawn))
    plot = BytesIO()
    figure.savefig(plot, format="png")
    plt.close(figure)
    return fit, plot.getvalue()


def peers(curve: Curve, redshift: float, steps: int) -> tuple[np.ndarray, float]:
    """sncosmo's draws, and how many of them are independent."""
    model = sncosmo.Model(salt_source("salt3"))
    model.set(z=redshift)
    table = sncosmo_table(curve)
    _, model = sncosmo.fit_lc(table, model, _FREE)
    begun = {"guess_amplitude": False, "guess_t0": False, "bounds": {"x1": STRETCH_RANGE, "c": COLOUR_RANGE}}
    result, _ = sncosmo.mcmc_lc(table, model, _FREE, nwalkers=_WALKERS, nburn=_BURNT, nsamples=steps, **begun)
    chains = np.asarray(result.samples).reshape(steps, _WALKERS, len(_FREE))
    return np.asarray(result.samples), chains.shape[0] * _WALKERS / float(integrated_time(chains, tol=0).max())


def measure(shared: Path, name: str, steps: int) -> dict[str, Any]:
    """All figures."""
    curve, redshift = real_curve(shared, name)
    fit_salt(curve, "salt3", redshift, effective=0)
    posterior_with_plot(curve, redshift)
    seconds, (fit, _) = timed(lambda: posterior_with_plot(curve, redshift))
    peer_seconds, (draws, effective) = timed(lambda: peers(curve, redshift, steps))
    ours = fit.posterior.samples
    width = draws.std(axis=0)
    host = Host(redshift, float(luminosity_distance(redshift)))
    models = {}
    for model in MODELS.values():
        spent, one = timed(lambda model=model: fit_model(model, curve, host, floor=0.03))
        models[model.name] = {"seconds": spent, "chi2": one.chi2, "dof": one.dof, "effective": one.posterior.effective}
    return {
        "object": name,
        "n_points": len(curve),
        "seconds": seconds,
        "effective": fit.posterior.effective,
        "peer_seconds": peer_seconds,
        "peer_effective": effective,
        "times_as_many_per_second": fit.posterior.effective / seconds / (effective / peer_seconds),
        "shift": float(np.abs((np.median(ours, axis=0) - np.median(draws, axis=0)) / width).max()),
        "width": float(max(ours.std(axis=0) / width, key=lambda ratio: abs(np.log(ratio)))),
        "models": models,
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--object", default="ZTF20aakyoez")
    parser.add_argument("--steps", type=int, default=8000)
    parser.add_argument("--shared", type=Path, default=_SHARED)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    found = measure(given.shared, given.object, given.steps)
    if given.json:
        print(json.dumps(found))
        return
    print(f"{found['object']}, {found['n_points']} points, SALT3")
    print(f"  ours     {found['seconds']:6.2f} s, {found['effective']:6.0f} independent draws, with the corner plot")
    print(f"  mcmc_lc  {found['peer_seconds']:6.2f} s, {found['peer_effective']:6.0f} independent draws")
    print(f"  {found['times_as_many_per_second']:.0f} times as many per second")
    print(f"  shift {found['shift']:.3f}, width {found['width']:.3f}")
    for name, one in found["models"].items():
        print(
            f"  {name:14s} {one['seconds']:6.2f} s, chi2 {one['chi2']:.1f} of {one['dof']}, {one['effective']:.0f} draws"
        )


if __name__ == "__main__":
    main()
