package io.jubernetes.kubelet;

import io.jubernetes.kubelet.claim.ResourceClaims;
import io.jubernetes.kubelet.csi.CsiDrivers;
import io.jubernetes.kubelet.device.DeviceManager;
import io.jubernetes.kubelet.image.CredentialProviders;

/// What programs beside the kubelet offer to pods.
///
/// @param devices counted devices of device plugins
/// @param claims devices that pods claim one by one
/// @param storage drivers of storage
/// @param credentials programs that know credentials for images
public record NodePlugins(
        DeviceManager devices, ResourceClaims claims, CsiDrivers storage, CredentialProviders credentials) {}
