"""Published worked examples: the few figures needed, with their sources."""

import numpy as np

# Callaway & Sant'Anna 2021, data `mpdta` of the R package did: log teen employment of 500 counties, 2003–2007, by the year in which
# the state first raised its minimum wage. Balanced and unweighted, so means by group and year carry all that these estimators use.
COUNTIES = np.array([309, 20, 40, 131])
FIRST = np.array([-1, 1, 3, 4])
EMPLOYMENT = np.array([
    [5.6546300225, 5.5919999981, 5.6048084338, 5.6388962821, 5.6611325404],
    [6.1796968336, 6.1065635630, 6.0594520867, 6.0267043543, 6.0853879884],
    [6.5739936282, 6.5178837163, 6.5279413332, 6.5574345745, 6.5430409682],
    [5.8429064964, 5.8107831276, 5.8208656703, 5.8238663992, 5.8200482468],
])  # fmt: skip
# R etwfe 0.6.2 (cgroup "notyet") and Stata jwdid, simple average: extended two-way fixed effects equal the imputation estimator.
IMPUTATION = -0.0477099183
# R did, att_gt(xformla = ~1, control_group = "nevertreated") and its aggte: group, year, effect.
GROUP_TIME = (
    (2004, 2004, -0.0105), (2004, 2005, -0.0704), (2004, 2006, -0.1373), (2004, 2007, -0.1008),
    (2006, 2006, -0.0046), (2006, 2007, -0.0412), (2007, 2007, -0.0261),
)  # fmt: skip
SIMPLE = -0.0400
SIMPLE_NEVER_LONG = -0.0399512752  # R etwfe 0.6.2 (cgroup "never")

# Lopez Bernal, Cummins & Gasparrini 2017, data of the tutorial: acute coronary events in Sicily, January 2002 to November 2006, and
# the age-standardised population; smoking ban from January 2005. Published step: rate ratio 0.89, seasonally adjusted.
EVENTS = np.array([
    728, 659, 791, 734, 757, 726, 760, 740, 720, 814, 795, 858, 887, 766, 851, 769, 781, 756, 766, 752, 765, 831, 879, 928, 914, 808, 937,
    840, 916, 828, 845, 818, 860, 839, 887, 886, 831, 796, 833, 820, 877, 758, 767, 738, 781, 843, 850, 908, 1021, 859, 976, 888, 962, 838,
    810, 876, 843, 936, 912,
])  # fmt: skip
POPULATION = np.array([
    379875.3, 376495.5, 377040.8, 377116.4, 377383.4, 374113.1, 379513.3, 376295.5, 374653.2, 378485.6, 375955.5, 378349.7, 376762.4,
    379032.3, 379360.4, 376162, 377972.4, 381830.7, 379888.6, 380872.2, 380966.9, 381240.4, 382104.9, 381802.7, 381656.3, 383680, 383504.2,
    386462.9, 383783.1, 380836.8, 383483, 380906.2, 382926.8, 384052.4, 384449.6, 383428.4, 388153.2, 388373.2, 386470.1, 386033.2,
    383686.4, 385509.3, 385901.9, 386516.6, 388436.5, 383255.2, 390148.7, 385874.9, 391613.6, 391750.4, 394005.6, 391364.9, 391664.6,
    389022.3, 391878.5, 388575.3, 392989, 390018.8, 390712.3,
])  # fmt: skip
BAN = 36
BAN_RATIO = 0.89
