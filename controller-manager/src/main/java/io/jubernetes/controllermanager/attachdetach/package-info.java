/// Attaches volumes of CSI drivers to the nodes whose pods use them, and detaches them afterwards: by making
/// VolumeAttachments, which the drivers carry out.
/// [io.jubernetes.controllermanager.attachdetach.AttachmentPlan] decides.
@NullMarked
package io.jubernetes.controllermanager.attachdetach;

import org.jspecify.annotations.NullMarked;
