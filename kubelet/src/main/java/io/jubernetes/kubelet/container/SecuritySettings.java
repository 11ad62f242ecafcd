package io.jubernetes.kubelet.container;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodSecurityContext;
import io.fabric8.kubernetes.api.model.SeccompProfile;
import io.fabric8.kubernetes.api.model.SecurityContext;
import io.jubernetes.kubelet.runtime.ContainerSpec;
import io.jubernetes.kubelet.runtime.ImageInfo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The security settings of a container: its own before its pod's before the image's.
final class SecuritySettings {
    private static final String UNCONFINED = "unconfined";

    private final PodSecurityContext pod;
    private final SecurityContext own;

    private SecuritySettings(Pod pod, Container container) {
        PodSecurityContext podContext = pod.getSpec().getSecurityContext();
        SecurityContext ownContext = container.getSecurityContext();
        this.pod = podContext == null ? new PodSecurityContext() : podContext;
        this.own = ownContext == null ? new SecurityContext() : ownContext;
    }

    /// @param profiles the directory of seccomp profiles
    /// @throws StartFailure when they contradict each other or the image
    static ContainerSpec.Security of(
            Pod pod, Container container, ImageInfo image, boolean seccompDefault, Path profiles) throws StartFailure {
        return new SecuritySettings(pod, container).build(pod, container, image, seccompDefault, profiles);
    }

    static boolean isPrivileged(Container container) {
        return container.getSecurityContext() != null
                && Boolean.TRUE.equals(container.getSecurityContext().getPrivileged());
    }

    private ContainerSpec.Security build(
            Pod thePod, Container container, ImageInfo image, boolean seccompDefault, Path profiles)
            throws StartFailure {
        Long user = own.getRunAsUser() != null ? own.getRunAsUser() : pod.getRunAsUser();
        Long group = own.getRunAsGroup() != null ? own.getRunAsGroup() : pod.getRunAsGroup();
        Boolean nonRoot = own.getRunAsNonRoot() != null ? own.getRunAsNonRoot() : pod.getRunAsNonRoot();
        if (Boolean.TRUE.equals(nonRoot)) {
            requireNonRoot(thePod, container, image, user);
        }
        var groups = new ArrayList<String>();
        if (pod.getFsGroup() != null) {
            groups.add(pod.getFsGroup().toString());
        }
        pod.getSupplementalGroups().forEach(extra -> groups.add(extra.toString()));
        if ("Strict".equals(pod.getSupplementalGroupsPolicy())
                && group == null
                && imageGroup(image).isEmpty()) {
            // With a group said, nobody looks in the image's files for others.
            group = user == null && !image.user().isEmpty() && !image.user().startsWith("0") ? null : Long.valueOf(0);
        }
        boolean privileged = Boolean.TRUE.equals(own.getPrivileged());
        var capabilities = own.getCapabilities();
        return new ContainerSpec.Security(
                user(user, group, image),
                groups.stream().distinct().toList(),
                privileged,
                Boolean.TRUE.equals(own.getReadOnlyRootFilesystem()),
                Boolean.FALSE.equals(own.getAllowPrivilegeEscalation()),
                capabilities == null ? List.of() : capabilities.getAdd(),
                capabilities == null ? List.of() : capabilities.getDrop(),
                seccomp(privileged, seccompDefault, profiles),
                apparmor());
    }

    private static String imageGroup(ImageInfo image) {
        int colon = image.user().indexOf(':');
        return colon < 0 ? "" : image.user().substring(colon + 1);
    }

    private static String user(@Nullable Long user, @Nullable Long group, ImageInfo image) {
        if (user == null && group == null) {
            return "";
        }
        String imageUser = image.user().isEmpty() ? "0" : image.user();
        int colon = imageUser.indexOf(':');
        String name = user != null ? user.toString() : colon < 0 ? imageUser : imageUser.substring(0, colon);
        return group == null ? name : name + ":" + group;
    }

    private static void requireNonRoot(Pod pod, Container container, ImageInfo image, @Nullable Long user)
            throws StartFailure {
        String where = "(pod: \"" + pod.getMetadata().getName() + "_"
                + pod.getMetadata().getNamespace() + "(" + pod.getMetadata().getUid() + ")\", container: "
                + container.getName() + ")";
        if (user != null) {
            if (user == 0) {
                throw new StartFailure(
                        StartFailure.CONFIG_ERROR, "container's runAsUser breaks non-root policy " + where);
            }
            return;
        }
        int colon = image.user().indexOf(':');
        String imageUser = colon < 0 ? image.user() : image.user().substring(0, colon);
        if (imageUser.isEmpty() || imageUser.equals("0")) {
            throw new StartFailure(
                    StartFailure.CONFIG_ERROR, "container has runAsNonRoot and image will run as root " + where);
        }
        if (!imageUser.chars().allMatch(Character::isDigit)) {
            throw new StartFailure(
                    StartFailure.CONFIG_ERROR,
                    "container has runAsNonRoot and image has non-numeric user (" + imageUser
                            + "), cannot verify user is non-root " + where);
        }
    }

    private String seccomp(boolean privileged, boolean seccompDefault, Path profiles) throws StartFailure {
        SeccompProfile profile = own.getSeccompProfile() != null ? own.getSeccompProfile() : pod.getSeccompProfile();
        if (privileged) {
            return UNCONFINED;
        }
        if (profile == null) {
            return seccompDefault ? "default" : UNCONFINED;
        }
        return switch (profile.getType()) {
            case "RuntimeDefault" -> "default";
            case "Localhost" -> {
                try {
                    yield Files.readString(profiles.resolve(profile.getLocalhostProfile()));
                } catch (IOException e) {
                    throw new StartFailure(
                            StartFailure.CREATE_ERROR,
                            "cannot load seccomp profile \"" + profile.getLocalhostProfile() + "\": " + e.getMessage());
                }
            }
            default -> UNCONFINED;
        };
    }

    private String apparmor() {
        var profile = own.getAppArmorProfile() != null ? own.getAppArmorProfile() : pod.getAppArmorProfile();
        if (profile == null) {
            return "";
        }
        return switch (profile.getType()) {
            case "Unconfined" -> UNCONFINED;
            case "Localhost" -> String.valueOf(profile.getLocalhostProfile());
            default -> "";
        };
    }
}
