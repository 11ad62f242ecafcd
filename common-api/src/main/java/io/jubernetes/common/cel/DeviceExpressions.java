package io.jubernetes.common.cel;

import java.util.Map;

/// The expressions that select devices, in device classes and in requests of claims: the API server checks them, the
/// scheduler runs them.
public final class DeviceExpressions {
    /// Attributes and capacities, by domain and name. Their types are known from the device only.
    private static final CelShape BY_NAME =
            CelShape.map(CelShape.map(CelShape.DYN, CelShape.UNKNOWN), CelShape.UNKNOWN);

    /// Expressions over `device`.
    public static final CelExpressions ALL = CelExpressions.over(Map.of(
            "device",
            CelShape.object(
                    "kubernetes.DRADevice",
                    Map.of(
                            "driver",
                            CelShape.string(CelShape.UNKNOWN),
                            "attributes",
                            BY_NAME,
                            "capacity",
                            BY_NAME,
                            "allowMultipleAllocations",
                            CelShape.BOOL),
                    2)));

    private DeviceExpressions() {}
}
