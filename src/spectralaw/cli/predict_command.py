"""spectralaw predict"""

from __future__ import annotations

from spectralaw.cli import options, output


def predict(
    network: options.Network,
    dimension: options.Dimension,
    samples: options.Samples,
    weight_decay: options.WeightDecay,
    noise_variance: options.NoiseVariance = 0.0,
    gamma: options.Gamma = None,
    rank: options.Rank = None,
    spectrum: options.Spectrum = None,
    coefficients: options.Coefficients = "gaussian",
    width: options.Width = None,
    figure: options.Figure = None,
    json: options.Json = False,
) -> None:
    """Predict risk, spectrum and exponents of a trained network."""
    import spectralaw as sl

    picture = options.figure_path(figure)
    task = options.task_from(
        network, dimension, samples, weight_decay, noise_variance, gamma, rank, spectrum, coefficients, width
    )
    answer = sl.predict(task)
    if picture is not None and answer.status.is_result:
        sl.plot_spectrum(answer, output=picture)
    if json:
        output.print_json(answer.to_dict())
    else:
        _print(answer)
        output.written(picture, answer.status)
    output.finish(answer.status, "" if json and answer.status.is_result else answer.message)


def _print(answer) -> None:
    quadratic = answer.task.network == "quadratic"
    pairs = [
        ("status", f"{answer.status} (residual {answer.residual:.1e})"),
        ("excess risk R", output.number(answer.excess_risk)),
        ("training loss", output.number(answer.training_loss)),
        (f"effective noise {'δ' if quadratic else 'τ'}", output.number(answer.effective_noise)),
        (f"threshold {'λε' if quadratic else 'κ'}", output.number(answer.threshold)),
        ("zero mass", output.number(answer.zero_mass)),
        ("exponent in n", f"{answer.exponents.samples:+.4f}"),
        ("exponent in λ", f"{answer.exponents.weight_decay:+.4f}"),
    ]
    if answer.bayes_risk is not None:
        pairs.append(("Bayes-optimal R", output.number(answer.bayes_risk)))
    if answer.phase is not None:
        pairs.append(("phase", f"{answer.phase.phase} ({answer.phase.distance:.1f} decades from the nearest boundary)"))
    pairs.append(("outliers", f"{answer.spectrum.outlier_count:.6g}"))
    output.print_pairs(pairs)
    if answer.outliers:
        rows = [[output.number(o.teacher), output.number(o.location), f"{o.overlap:.4f}"] for o in answer.outliers[:5]]
        output.print_table(["teacher", "trained", "overlap²"], rows)
