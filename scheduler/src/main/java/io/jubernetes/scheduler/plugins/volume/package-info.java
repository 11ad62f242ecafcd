/// The plugins about volumes: [io.jubernetes.scheduler.plugins.volume.VolumeBinding] matches claims with volumes and
/// has them bound or provided before the pod is; the others keep pods off nodes where a volume cannot be used.
/// [io.jubernetes.scheduler.plugins.volume.PodVolumes] reads what a pod mounts.
@NullMarked
package io.jubernetes.scheduler.plugins.volume;

import org.jspecify.annotations.NullMarked;
