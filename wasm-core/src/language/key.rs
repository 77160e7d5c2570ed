//! The names of all messages.

use super::{Language, en, fr};

/// A message, in every language.
#[derive(Debug, PartialEq, Eq)]
struct Message {
    #[cfg(test)]
    name: &'static str,
    en: &'static str,
    fr: &'static str,
}

/// A message. Not an enum, so that a build holds the words of those messages only that it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key(&'static Message);

impl Key {
    /// Its words in a language, not filled in.
    pub(super) const fn text(self, language: Language) -> &'static str {
        match language {
            Language::En => self.0.en,
            Language::Fr => self.0.fr,
        }
    }

    /// Its name.
    #[cfg(test)]
    pub(super) const fn name(self) -> &'static str {
        self.0.name
    }
}

macro_rules! keys {
    ($($name:ident)*) => {
        #[expect(missing_docs, reason = "the English words say what a message is")]
        #[expect(non_upper_case_globals, reason = "a message is named like a variant")]
        impl Key {
            $(pub const $name: Self =
                Self(&Message { #[cfg(test)] name: stringify!($name), en: en::$name, fr: fr::$name });)*

            /// All messages.
            #[cfg(test)]
            pub(super) const ALL: &[Self] = &[$(Self::$name,)*];
        }
    };
}

keys! {
    Add
    AddTab
    Address
    AddressHint
    AllSaved
    AllSent
    AllSpaces
    AlreadyIn
    AndMore
    Appearance
    AskForLink
    Away
    Back
    BecomesVisible
    BringBack
    BringBackOf
    BringingBack
    BroughtBack
    BrowserRefused
    Cancel
    CaptureFailed
    CheckAndSave
    Checking
    ClickForSound
    ClickToStream
    Close
    CodeAddressNotAllowed
    CodeBadPosition
    CodeBadText
    CodeBadTicket
    CodeDeviceTaken
    CodeForbidden
    CodeForeignOrigin
    CodeGoingAway
    CodeHelloFirst
    CodeHistoryNotGranted
    CodeInternal
    CodeInviteExpired
    CodeInviteRevoked
    CodeLastOwner
    CodeMalformed
    CodeNoSuchInvite
    CodeNoSuchSpace
    CodeNoSuchThing
    CodeNotAMember
    CodeNotFound
    CodeOpConflict
    CodeOpGap
    CodeOpNotAllowed
    CodeReadOnly
    CodeRemoved
    CodeSlowConsumer
    CodeSpaceDeleted
    CodeSpaceFull
    CodeStoreAway
    CodeTooFast
    CodeTooLarge
    CodeTooMany
    CodeUnauthenticated
    CodeUnknown
    CodeUnknownType
    CodeVersion
    Commands
    Commenter
    CommenterMay
    ConnectedCommenter
    ConnectedEditor
    ConnectedOwner
    ConnectedViewer
    Connecting
    Conversation
    ConversationPrivate
    Copied
    Copy
    CreateAnother
    CreateLink
    CreatingLink
    DayAndTime
    Delete
    DeleteSharedSure
    DeleteSpace
    DeleteSure
    Details
    DetailsCodec
    DetailsFrames
    DetailsLost
    DetailsRate
    DetailsRoundTrip
    DetailsRoute
    DetailsSize
    Dismiss
    EarlierAside
    EarlierClosed
    EarlierFailing
    EarlierHint
    EarlierHour
    EarlierNothing
    EarlierSession
    EarlierWindows
    Edit
    EditMessage
    Edited
    Editor
    EditorMay
    EndedAdvice
    EraseEverything
    EraseHint
    EraseNow
    EraseQuestion
    FullScreen
    GuestsMay
    Here
    HostMuted
    Idle
    Incognito
    Invite
    InvitesYou
    IsLive
    JoinNameHint
    JoinSpace
    Joining
    JustNow
    Language
    LanguageAuto
    Leave
    LeaveSpace
    LeaveSure
    Link
    LinkEnds
    LinkEndsLabel
    LinkHint
    LinkUses
    LinkWorksFor
    Links
    Live
    LiveView
    Loading
    ManyTyping
    MegabitsPerSecond
    MemberCount
    Members
    MessageDeleted
    MessageMenu
    MessageTo
    MessageTooLong
    Messages
    Milliseconds
    MoveDown
    MoveUp
    Mute
    MuteStream
    NameYou
    NeedsClick
    NeverIgnored
    NeverNotWeb
    NeverShared
    NeverSharedHint
    NewTitle
    NoAnswer
    NoDetails
    NoMessages
    NoPath
    NoPathHost
    NoSpaces
    NoSpacesHere
    NoSuchPoint
    NoSuchSpaceAdvice
    NoSuchSpaceHere
    NoTabs
    NotARelay
    NotCapturable
    NotOpened
    NotSavedNotice
    NotSavedWords
    NotSavedYet
    NotShared
    NothingFound
    NothingLive
    OneDay
    OneHour
    OneTyping
    OnlyReading
    OpenOptions
    OpenPanel
    OpenSpace
    Options
    Owner
    OwnerMay
    PageTitle
    PanesBar
    PauseStream
    People
    PerSecond
    Percent
    PersonHere
    PersonIdle
    PersonOn
    PersonStreaming
    PersonWatching
    PickedForStream
    PictureSize
    PrivateHere
    PutBack
    ReallyRemove
    ReconnectingBanner
    ReconnectingKept
    Relay
    RelayAddress
    RelayAway
    RelayAwayAdvice
    RelayGood
    RelayHint
    RelayInUse
    Remove
    RemoveTab
    RemovedAdvice
    Rename
    ReorderHint
    Results
    ResumeStream
    Revoke
    RoleChanged
    RoleOf
    RouteDirect
    RouteRelayed
    Save
    SaveThisWindow
    SaveWindow
    Saved
    SavedFollows
    Saving
    SearchAll
    SearchTabs
    Send
    Sending
    SevenDays
    Share
    SharedNotOpen
    ShowAllEarlier
    SpaceFullAdvice
    SpaceMenu
    SpaceName
    Spaces
    Starting
    Stop
    StopStream
    StreamConnecting
    StreamEndedFailed
    StreamEndedHostGone
    StreamEndedStopped
    StreamEndedTabClosed
    StreamInterrupted
    StreamOff
    StreamPaused
    StreamStopped
    StreamTab
    StreamThisTab
    Streaming
    Streams
    TabCount
    TabKeptOut
    TabMenu
    TabRemoved
    Tabs
    TabsStayHere
    Theme
    ThemeDark
    ThemeLight
    ThemeSystem
    ThirtyDays
    ThisWindow
    ToStart
    TryAgain
    TwoTyping
    Undo
    Unread
    UnsentOffline
    Viewer
    ViewerMay
    Views
    Waiting
    Watch
    Watching
    WelcomePin
    WelcomeSave
    WelcomeSaved
    WelcomeShare
    WelcomeTitle
    WhatGoesOut
    WhatThisIs
    WhoIsHere
    WindowCount
    WindowUnread
    YouAreLive
    YouAreLiveElsewhere
    YouHere
    YouOn
    YouPaused
    YouStream
    YouStreaming
    YouWatching
    YouWillBe
    YourName
    YourNameHint
    YourSpaces
    YourStreamEnded
    YourStreamFailed
    YourStreamTabClosed
}
